import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { random, tensor } from '@tutelage/engine';
import { buildSync } from 'esbuild';
import { afterAll, describe, expect, test } from 'vitest';
import type { Teacher } from '../../src/core/index.js';
import { textNano } from '../../src/students/text-nano.js';
import { captured } from '../../src/teachers/captured.js';
import { classifierTeacher } from '../../src/teachers/classifier-teacher.js';
import { signalKey } from '../../src/teachers/example-key.js';
import { openSignals, readSignals } from '../../src/teachers/signal-store.js';
import { memoryFileSystem } from '../runs/memory-file-system.js';
import { countingTeacher, logitsOf, textsOf } from './counting-teacher.js';

const root = mkdtempSync(join(tmpdir(), 'captured-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const place = () => {
  const name = join(root, String(count++));
  return { folder: `${name}-signals`, journal: `${name}-journal` };
};
const asked = (journal: string): string[] =>
  existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').slice(0, -1) : [];
const expected = (n: number) =>
  textsOf(n).map(({ example }) => ({
    values: Array.from(logitsOf(example.input), (x) => expect.closeTo(x, 2)),
  }));
const plain = (signals: readonly ({ values: Float32Array } | undefined)[]) =>
  signals.map((signal) => signal && { values: Array.from(signal.values) });

describe('a captured teacher', () => {
  test('is asked once for each example, in batches, and says the same again', async () => {
    const { folder, journal } = place();
    const store = openSignals(folder);
    const teacher = captured(countingTeacher(journal), store, { batchSize: 8 });
    const progress: number[] = [];
    const examples = [...textsOf(20), ...textsOf(5)];
    const first = await teacher.teach(examples, { onProgress: (done) => progress.push(done) });
    expect(plain(first)).toEqual([...expected(20), ...expected(5)]);
    expect(asked(journal)).toEqual(textsOf(20).map(({ example }) => example.input));
    expect(progress).toEqual([5, 13, 13, 21, 21, 25, 25]);
    store.close();

    const again = openSignals(folder);
    const later = captured(countingTeacher(journal), again, { batchSize: 8 });
    expect(await later.teach(examples)).toEqual(first);
    expect(plain(await later.teach(textsOf(22)))).toEqual(expected(22));
    expect(asked(journal)).toHaveLength(22);
    // 3 logits: 28 bytes of record, 5 and 2 a class.
    expect((again.bytes - 'tutelage signals 1\n'.length) / 22).toBe(28 + 5 + 6);
    again.close();
  });

  test('is asked again where it had nothing to say', async () => {
    const { folder, journal } = place();
    const store = openSignals(folder);
    const teacher = captured(countingTeacher(journal), store);
    const silent = [{ example: { id: 'a', input: '' } }, ...textsOf(1)];
    for (let time = 0; time < 2; time++) expect((await teacher.teach(silent))[0]).toBeUndefined();
    expect(asked(journal)).toEqual(['', 'text 0', '']);
    store.close();
  });

  test('that was aborted keeps the batches that were done', async () => {
    const { folder, journal } = place();
    const store = openSignals(folder);
    const teacher = captured(countingTeacher(journal), store, { batchSize: 4 });
    const stop = new AbortController();
    const onProgress = (done: number) => done >= 8 && stop.abort(new Error('stopped'));
    await expect(teacher.teach(textsOf(20), { signal: stop.signal, onProgress })).rejects.toThrow('stopped');
    expect(store.size).toBe(8);
    expect(plain(await teacher.teach(textsOf(20)))).toEqual(expected(20));
    expect(asked(journal)).toHaveLength(20);
    store.close();
  });

  test('says which example its undefined signal belongs to', async () => {
    const { fs } = memoryFileSystem();
    const broken: Teacher<string, string, 'logits'> = {
      kind: 'logits',
      fingerprint: 'broken',
      teach: async (examples) =>
        examples.map((_, i) => ({ values: Float32Array.of(i === 2 ? Number.NaN : 1) })),
    };
    const store = openSignals('/signals', fs);
    await expect(captured(broken, store).teach(textsOf(4))).rejects.toThrow('the largest is NaN (example 2)');
  });

  test('killed again and again is asked anew for the batches under way alone', async () => {
    const { folder, journal } = place();
    const script = join(root, 'child.cjs');
    buildSync({
      entryPoints: [new URL('./captured-child.ts', import.meta.url).pathname],
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      // Its native library can't be bundled; see NODE_PATH below.
      external: ['onnxruntime-node'],
      alias: { '@tutelage/engine': new URL('../../../engine/src/index.ts', import.meta.url).pathname },
    });
    const [texts, kills] = [400, 3];
    const NODE_PATH = new URL('../../../../node_modules', import.meta.url).pathname;
    const run = () =>
      spawn(process.execPath, [script, folder, journal, String(texts)], {
        stdio: 'inherit',
        env: { ...process.env, NODE_PATH },
      });
    for (let kill = 1; kill <= kills; kill++) {
      const child = run();
      while (asked(journal).length < kill * 100 && child.exitCode === null) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      child.kill('SIGKILL');
      expect((await once(child, 'exit'))[1]).toBe('SIGKILL');
    }
    expect((await once(run(), 'exit'))[0]).toBe(0);
    const names = asked(journal);
    expect(new Set(names).size).toBe(texts);
    expect(names.length).toBeLessThanOrEqual(texts + 10 * kills);
    const keys = textsOf(texts).map((text) => signalKey({ kind: 'logits', fingerprint: 'counting' }, text));
    const reader = readSignals(folder);
    expect(reader.size).toBe(texts);
    expect(reader.read(keys).every((payload) => payload !== undefined)).toBe(true);
  });
});

describe('the key of an example', () => {
  const teacher = { kind: 'logits', fingerprint: 'f' } as const;
  const key = (
    input: unknown,
    attempt?: unknown,
    by: { kind: 'logits' | 'label'; fingerprint: string } = teacher,
  ) => signalKey(by, { example: { id: 'any', input }, ...(attempt !== undefined && { attempt }) });

  test('is the same for the same content', () => {
    expect(key({ a: 1, b: [2, 'x'] })).toBe(key({ b: [2, 'x'], a: 1, c: undefined }));
    expect(key(Uint8Array.of(1, 2))).toBe(key(new Uint8Array([0, 1, 2]).subarray(1)));
    expect(key('x')).toHaveLength(16);
  });

  test('differs for all else', () => {
    const inputs = [
      [
        '',
        'a',
        'ab',
        'ä',
        1,
        '1',
        0,
        -0,
        Number.NaN,
        true,
        'true',
        null,
        'null',
        1n,
        {},
        [],
        [[]],
        [1],
        ['1'],
      ],
      [
        ['a', 'b'],
        ['ab'],
        { a: 'b' },
        { ab: 1 },
        Uint8Array.of(1),
        Int8Array.of(1),
        Float32Array.of(1),
        [null],
      ],
    ].flat();
    const keys = [
      ...inputs.map((input) => key(input)),
      key('a', 'b'),
      key('a', undefined, { ...teacher, kind: 'label' }),
      key('a', undefined, { ...teacher, fingerprint: 'g' }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('is refused for what has no content of its own', () => {
    expect(() => key(new Map())).toThrow("can't be told from others: [object Map]");
    expect(() => key([() => 1])).toThrow('[object Function]');
  });
});

describe('a taught student as a teacher', () => {
  test('gives its logits, under a fingerprint of its weights', async () => {
    const student = await textNano.create([], ['a', 'b', 'c'], random.key(1));
    const trained = { params: student.net.params, statistics: {} };
    const teacher = classifierTeacher(student, trained);
    const signals = await teacher.teach(textsOf(3));
    expect(signals.map((signal) => signal?.values.length)).toEqual([3, 3, 3]);
    expect(signals[0]).not.toEqual(signals[1]);
    await teacher.dispose();
    const fingerprint = async (seed: number, extra: object = {}) => {
      const other = await textNano.create([], ['a', 'b', 'c'], random.key(seed));
      const t = classifierTeacher(other, { params: other.net.params, statistics: { ...extra } });
      await t.dispose();
      return t.fingerprint;
    };
    expect(await fingerprint(1)).toBe(teacher.fingerprint);
    expect(await fingerprint(2)).not.toBe(teacher.fingerprint);
    expect(await fingerprint(1, { mean: tensor([1]) })).not.toBe(teacher.fingerprint);
  });
});
