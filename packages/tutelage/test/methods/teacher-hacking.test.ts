import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { openCausalModel, saveCausalModel } from '../../src/language/causal-model.js';
import { trainByteBpe } from '../../src/language/tokenizer/train.js';
import { teacherHacking } from '../../src/methods/distillation/teacher-hacking.js';
import { testFolder, userError } from '../tasks/folder.js';
import { tinyCausalModel } from '../tiny-causal-model.js';

const folder = testFolder();
const prompts = Array.from({ length: 100 }, (_, i) => `number ${i}`);
const tokenizer = trainByteBpe(prompts, { vocabulary: 270 });

beforeAll(async () => {
  for (const [i, name] of ['teacher', 'student'].entries()) {
    await saveCausalModel(tinyCausalModel(tokenizer, i), join(folder.path, name));
  }
  const rows = prompts.map((prompt, i) => JSON.stringify({ prompt, ...(i < 60 && { answer: `${i}` }) }));
  folder.write('prompts.jsonl', rows.join('\n'));
});

const plan = (changes: object = {}) =>
  folder.write(
    'plan.json',
    JSON.stringify({ teacher: 'teacher', student: 'student', prompts: 'prompts.jsonl', ...changes }),
  );

test('own models: distances of every source are kept, and the best student can be opened', async () => {
  const said: string[] = [];
  const out = join(folder.path, 'out');
  folder.write('out/.keep', '');
  const settings = teacherHacking.method.params.parse({
    epochs: 2,
    heldOut: 50,
    maxTokens: 4,
    learningRate: 0.01,
  });
  const { lines } = await teacherHacking.method.run(await teacherHacking.read(plan()), settings, {
    seed: 1,
    folder: out,
    signal: new AbortController().signal,
    say: (line) => said.push(line),
  });
  expect(lines.map((line) => line.split(':')[0])).toEqual([
    'offline',
    'online teacher',
    'online student',
    'distances and the best student',
  ]);
  const curves = JSON.parse(readFileSync(join(out, 'distances.json'), 'utf8')) as Record<
    string,
    { proxy: number; golden: number }[]
  >;
  for (const curve of Object.values(curves)) {
    expect(curve).toHaveLength(3);
    expect(curve.at(-1)!.proxy).toBeLessThan(curve[0]!.proxy);
  }
  expect(said).toContain('10 right answers are of prompts that are learned on, and not used');
  const best = await openCausalModel(join(out, 'student'));
  expect(best.config.width).toBe(16);
});

test('what can not be used is told', async () => {
  const { read, method } = teacherHacking;
  expect((await userError(read(plan({ teacher: 'https://example.org/v1' })))).message).toContain(
    'no log-probabilities',
  );
  expect((await userError(read(plan({ prompts: undefined })))).message).toContain('prompts');
  expect((await userError(read(plan({ student: 'nothing' })))).message).toContain('no such file or folder');
  const settings = method.params.parse({ heldOut: 70 });
  const context = { seed: 1, folder: folder.path, signal: new AbortController().signal, say: () => {} };
  const failed = await userError(method.run(await read(plan()), settings, context));
  expect(failed.message).toBe('too few prompts: 100');
  expect(existsSync(join(folder.path, 'distances.json'))).toBe(false);
});
