import { expect, test } from 'vitest';
import { type BatcherOptions, createBatcher } from '../../src/serve/batcher.js';

const options: BatcherOptions = { maxBatch: 4, maxQueue: 10, waitMilliseconds: 1 };
const doubled = (seen: number[][]) => async (inputs: readonly number[]) => {
  seen.push([...inputs]);
  return inputs.map((x) => 2 * x);
};

test('callers within the wait share a batch, and each gets its own answers', async () => {
  const seen: number[][] = [];
  const sizes: number[] = [];
  const batcher = createBatcher(doubled(seen), { ...options, onBatch: (size) => sizes.push(size) });
  const answers = await Promise.all([batcher.submit([1, 2]), batcher.submit([]), batcher.submit([3])]);
  expect(answers).toEqual([[2, 4], [], [6]]);
  expect(seen).toEqual([[1, 2, 3]]);
  expect(sizes).toEqual([3]);
  expect(batcher.waiting).toBe(0);
});

test('a job larger than a batch is divided', async () => {
  const seen: number[][] = [];
  const batcher = createBatcher(doubled(seen), options);
  const [first, second] = await Promise.all([batcher.submit([1, 2, 3, 4, 5, 6]), batcher.submit([7])]);
  expect(first).toEqual([2, 4, 6, 8, 10, 12]);
  expect(second).toEqual([14]);
  expect(seen).toEqual([
    [1, 2, 3, 4],
    [5, 6, 7],
  ]);
});

test('more than the queue holds is refused at once, and taken again when there is room', async () => {
  const batcher = createBatcher(doubled([]), options);
  const taken = batcher.submit([1, 2, 3, 4, 5, 6, 7, 8]);
  await expect(batcher.submit([1, 2, 3])).rejects.toMatchObject({ name: 'Refused', reason: 'full' });
  await taken;
  await expect(batcher.submit([1, 2, 3])).resolves.toEqual([2, 4, 6]);
});

test('a failure reaches those in the batch, and no others', async () => {
  const batcher = createBatcher(async (inputs: readonly number[]) => {
    if (inputs.includes(13)) throw new Error('unlucky');
    return inputs;
  }, options);
  const [bad, good] = [batcher.submit([13, 1, 1, 1]), batcher.submit([2])];
  await expect(bad).rejects.toThrow('unlucky');
  await expect(good).resolves.toEqual([2]);
  await expect(batcher.submit([3])).resolves.toEqual([3]);
});

test('a job that fails in its first batch is not run further', async () => {
  let runs = 0;
  const batcher = createBatcher(async (): Promise<number[]> => {
    runs++;
    throw new Error('no');
  }, options);
  await expect(batcher.submit([1, 2, 3, 4, 5, 6])).rejects.toThrow('no');
  await batcher.close();
  expect(runs).toBe(1);
});

test('closing answers what was taken and refuses the rest', async () => {
  const batcher = createBatcher(doubled([]), { ...options, waitMilliseconds: 5 });
  const taken = batcher.submit([1]);
  const closed = batcher.close();
  await expect(batcher.submit([2])).rejects.toMatchObject({ reason: 'closing' });
  await closed;
  await expect(taken).resolves.toEqual([2]);
});
