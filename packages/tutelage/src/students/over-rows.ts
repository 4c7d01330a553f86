import { type Concrete, jit, random, type Value } from '@tutelage/engine';

/**
 * Runs a function of batches over many rows, in evaluation.
 *
 * @param batch of the rows at these positions
 * @param compute of a batch and a key that is another for each batch; the value's first axis is that of the rows
 * @param options.atOnce rows that a call of the runtime takes; 64 if not given
 * @returns the value's rows, one after the other
 */
export async function overRows<B>(
  count: number,
  batch: (rows: readonly number[]) => Concrete<B>,
  compute: (batch: B, key: Value) => Value,
  { seed = 0, atOnce = 64 }: { readonly seed?: number; readonly atOnce?: number } = {},
): Promise<Float32Array> {
  const run = jit(compute, { threads: 1 });
  const parts: ArrayLike<number>[] = [];
  for (let start = 0; start < count; start += atOnce) {
    const rows = Array.from({ length: Math.min(atOnce, count - start) }, (_, i) => start + i);
    const key = random.keyTensor(random.foldIn(random.key(seed), start));
    const { data } = await run(batch(rows) as never, key);
    parts.push(data as Float32Array);
  }
  await run.dispose();
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
