import { existsSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openCausalModel } from '../../../src/language/causal-model.js';
import { llamaDecoder } from '../../../src/language/generate/decoder.js';
import { dualformer } from '../../../src/methods/distillation/dualformer.js';
import { answersInMode } from '../../../src/students/trace-modes.js';
import { tracesOf } from '../../../src/tasks/own-traces.js';
import { buildPackages, startNode } from '../../cli/built.js';
import { testFolder, userError } from '../../tasks/folder.js';
import { teach } from '../taught.js';

const folder = testFolder();
const out = (name: string) => join(folder.path, name);

/** Sums of two digits, which are said before their last digit is. */
const rows = Array.from({ length: 100 }, (_, i) => {
  const [a, b] = [Math.floor(i / 10), i % 10];
  return {
    prompt: `${a} and ${b}`,
    steps: [
      { kind: 'add', tokens: [`${a} ${b}`, { text: `is ${a + b}`, drop_group: 'sum' }] },
      ...(i % 4 === 0 ? [] : [{ kind: 'check', text: `${b} ${a}` }]),
    ],
    answer: `${(a + b) % 10}`,
  };
});
const write = (name: string, changed: readonly object[]) =>
  folder.write(name, changed.map((row) => JSON.stringify(row)).join('\n'));
const settings = {
  drop: 'check=1, sum=2, add=3',
  width: 16,
  layers: 1,
  heads: 2,
  vocabulary: 270,
  steps: 12,
  batchSize: 16,
  maxTokens: 48,
  heldOut: 0.2,
};
let data: string;
beforeAll(() => {
  data = write('traces.jsonl', rows);
});

test('own traces: three modes are compared, and go on from what was done', async () => {
  const { lines, said } = await teach(
    'dualformer',
    data,
    { ...settings, compare: true, samples: 2 },
    out('own'),
  );
  expect(said[0]).toMatch(/^80 traces to learn, 20 prompts to test on; a model of \d+ weights$/);
  expect(lines).toHaveLength(4 * 4 + 1);
  expect(lines[0]).toMatch(
    /^dualformer, fast: \S+ % right, 0\.0 tokens of trace .*, \S+ % with an answer; of answers drawn, one is right/,
  );
  expect(lines[2]).toMatch(/^dualformer, auto: .* at once/);
  expect(lines[3]).toMatch(/^dualformer by difficulty, 1 to [12]: .*; 2 to 2: /);
  const report = JSON.parse(readFileSync(join(out('own'), 'report.json'), 'utf8'));
  expect(report.map(({ arm }: { arm: string }) => arm)).toEqual([
    'dualformer',
    'solution-only',
    'complete-trace',
    'mix-0.2',
  ]);
  const again = await teach('dualformer', data, { ...settings, compare: true, samples: 2 }, out('own'));
  expect(again.lines).toEqual(lines);
  expect(again.said).toHaveLength(2);
  const others = teach('dualformer', data, { ...settings, compare: true, level4: 0.2 }, out('own'));
  expect((await userError(others)).message).toContain('of other data or parameters');
});

test('the student runs from its ONNX file in every mode, and says what the library says', async () => {
  buildPackages();
  await teach('dualformer', data, settings, out('shipped'));
  const student = join(out('shipped'), 'student');
  symlinkSync(new URL('../../../../../node_modules', import.meta.url).pathname, out('node_modules'));
  const modes = JSON.parse(readFileSync(join(student, 'modes.json'), 'utf8'));
  const model = await openCausalModel(student);
  const { tokenizer } = model;
  const decoder = await llamaDecoder(model.params, model.config, 96, { threads: 1 });
  for (const mode of ['fast', 'slow', 'auto'] as const) {
    const [[answer]] = (await answersInMode([tokenizer.encodePlain('3 and 4')], {
      decoder,
      marks: { step: modes.begins.slow, answer: modes.begins.fast, end: modes.end },
      mode,
      maxTokens: modes.maxTokens - modes.begins[mode].length,
      batchSize: 1,
      signal: new AbortController().signal,
    })) as [[{ trace: number[]; answer: number[] | undefined }]];
    const { stdout, stderr } = await startNode([join(student, 'answer.mjs'), mode, '3 and 4'], folder.path)
      .ended;
    expect(stderr).toBe('');
    const wanted = answer.answer ? tokenizer.decode(answer.answer) : tokenizer.decode(answer.trace);
    expect(stdout.replace(' ... no answer', '').trim().endsWith(wanted.trim())).toBe(true);
  }
  await decoder.release();
  rmSync(out('node_modules'));
});

test('what is done until an interruption is kept', async () => {
  const stop = new AbortController();
  stop.abort();
  const { lines } = await teach('dualformer', data, settings, out('stopped'), stop.signal);
  expect(lines).toHaveLength(1);
  expect(existsSync(join(out('stopped'), 'report.json'))).toBe(true);
});

test('free text is dropped by its sentences, whose drop table is known', async () => {
  const texts = write(
    'texts.jsonl',
    rows.map(({ steps: _, ...row }) => ({
      ...row,
      steps: `Take ${row.prompt}. Add them. Keep the last digit.`,
    })),
  );
  const { lines } = await teach('dualformer', texts, { ...settings, drop: '', maxTokens: 100 }, out('texts'));
  expect(lines[1]).toMatch(/^dualformer, slow: /);
});

describe('what can not be used is told', () => {
  const failing = async (changes: object, changed: readonly object[] = rows) =>
    (
      await userError(
        teach('dualformer', write('wrong.jsonl', changed), { ...settings, ...changes }, out('wrong')),
      )
    ).message;

  test('kinds that are not in the drop table', async () => {
    expect(await failing({ drop: 'add=3' })).toBe(
      'kinds of steps that are not in the drop table: sum, check',
    );
    expect(await failing({ drop: 'add:3' })).toBe('not an entry of a drop table: add:3');
  });

  test('chances above 1', async () => {
    expect(await failing({ level1: 0.9 })).toMatch(/^chances of levels 1 to 4 are more than 1: 1\.28/);
  });

  test('traces above the context length, which are counted', async () => {
    expect(await failing({ maxTokens: 12 })).toMatch(/^100 of 100 traces are longer than 12 tokens$/);
  });

  test('an answer that is missing, with its line', async () => {
    const { answer: _, ...bare } = rows[0]!;
    expect(await failing({}, [rows[1]!, bare])).toContain('wrong.jsonl, line 2: answer is missing');
  });

  test('a prompt in both splits', async () => {
    const both = [...rows.map((row) => ({ ...row, split: 'train' })), { ...rows[0]!, split: 'test' }];
    expect(await failing({}, both)).toBe('a prompt is both learned and tested on: 0 and 0');
  });

  test('modes that are never learned', async () => {
    const said = async (changes: object, name: string) =>
      (await teach('dualformer', data, { ...settings, steps: 1, ...changes }, out(name))).said;
    expect(await said({ level1: 0.5, level2: 0.2, level3: 0.2, level4: 0.1 }, 'partial')).toContain(
      'no complete trace is ever learned: do not rely on slow mode',
    );
    expect(await said({ level4: 0 }, 'slow')).toContain(
      'no answer is ever learned without a trace: do not rely on fast mode',
    );
  });
});

test("a solver's rows can be judged by a function of one's own", async () => {
  const own = tracesOf(rows, () => true);
  const said: string[] = [];
  const { lines } = await dualformer.method.run(
    own,
    dualformer.method.params.parse({ ...settings, steps: 60 }),
    {
      seed: 1,
      folder: folder.write('solver/.keep', '').replace('/.keep', ''),
      signal: new AbortController().signal,
      say: (line) => said.push(line),
    },
  );
  const [, right, formatted] = /fast: (\S+).% right.*, (\S+).% with an answer/.exec(lines[0]!)!;
  expect(Number(right)).toBeGreaterThanOrEqual(Number(formatted));
});
