import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { saveCausalModel } from '../../../src/language/causal-model.js';
import { trainByteBpe } from '../../../src/language/tokenizer/train.js';
import { fidelityParadox } from '../../../src/methods/distillation/fidelity-paradox.js';
import { testFolder, userError } from '../../tasks/folder.js';
import { tinyCausalModel } from '../../tiny-causal-model.js';
import { teach } from '../taught.js';

const folder = testFolder();
const item = (a: number, b: number) => ({
  prompt: `${a} + ${b} + 1`,
  rationale: `${a} + ${b} = ${a + b}`,
  answer: a + b + 1,
});
const items = Array.from({ length: 36 }, (_, i) => item(i % 6, Math.floor(i / 6)));
const lines = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join('\n');

beforeAll(async () => {
  const texts = items.map(({ prompt, rationale, answer }) => `${prompt}\n${rationale}\n#### ${answer}`);
  const tokenizer = trainByteBpe(texts, { vocabulary: 280 });
  for (const [i, name] of ['teacher', 'student'].entries()) {
    const sizes = { width: 32 / (i + 1), positions: 96 };
    await saveCausalModel(tinyCausalModel(tokenizer, i, sizes), join(folder.path, name));
  }
  const other = trainByteBpe(['xyz xyz'], { vocabulary: 262 });
  await saveCausalModel(tinyCausalModel(other, 3), join(folder.path, 'stranger'));
  folder.write('train.jsonl', lines(items.slice(0, 28)));
  folder.write('test.jsonl', lines(items.slice(28)));
});

const plan = (changes: object = {}) =>
  folder.write(
    'plan.json',
    JSON.stringify({
      teacher: 'teacher',
      student: 'student',
      train: 'train.jsonl',
      test: 'test.jsonl',
      ...changes,
    }),
  );
const settings = {
  temperatures: '1,2',
  noises: '3',
  teacherPasses: 30,
  passes: 6,
  learningRate: 0.01,
  loraRank: 0,
  batchSize: 4,
  answerTokens: 12,
  validation: 4,
};

interface Report {
  readonly found: readonly {
    readonly arm: string;
    readonly accuracy: number;
    readonly agreement: { readonly same: number };
    readonly fidelity: {
      readonly exact: number;
      readonly bleu: number;
      readonly shuffledBleu: number;
    } | null;
    readonly validity: number | null;
    readonly validation: { readonly teacher: number; readonly student: number } | null;
  }[];
  readonly correlations: readonly { readonly of: string }[];
}
const reportIn = (out: string) => JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as Report;

test('own models: what students take over by each loss', async () => {
  const out = join(folder.path, 'out');
  const { lines: told, said } = await teach('fidelity-paradox', plan(), settings, out);
  const { found, correlations } = reportIn(out);
  expect(found.map(({ arm }) => arm)).toEqual([
    'teacher',
    'sft',
    'kd_gold_kl',
    'kd_gold_kl at 2',
    'revkd',
    'revkd at 2',
    'gkd',
    'seqkd_text',
    'kd_gold_kl with noise 3',
  ]);
  const [teacher] = found;
  expect(teacher!.agreement.same).toBeGreaterThan(0.5);
  expect(teacher!.fidelity).toMatchObject({ exact: 1, bleu: 1 });
  expect(teacher!.fidelity!.shuffledBleu).toBeLessThan(1);
  expect(teacher!.validation).not.toBeNull();
  expect(correlations.map((own) => own.of)).toEqual(['gain and agreement', 'gain and fidelity (BLEU)']);
  expect(told).toHaveLength(12);
  expect(existsSync(join(out, 'students', 'kd_gold_kl-at-2', 'model.safetensors'))).toBe(true);
  expect(said.some((line) => line.startsWith('gkd: '))).toBe(true);

  const again = await teach('fidelity-paradox', plan(), settings, out);
  expect(again.lines).toEqual(told);
  expect(again.said).toEqual([]);
});

test('without rationales, with more seeds, and with a teacher that knows nothing', async () => {
  const bare = (rows: typeof items) => lines(rows.map(({ prompt, answer }) => ({ prompt, answer })));
  folder.write('bare-train.jsonl', bare(items.slice(0, 28)));
  folder.write('bare-test.jsonl', bare(items.slice(28)));
  const out = join(folder.path, 'bare');
  const own = plan({ train: 'bare-train.jsonl', test: 'bare-test.jsonl', matcher: 'exact' });
  const changes = {
    ...settings,
    noises: '',
    losses: 'sft,kd_gold_kl',
    temperatures: '1',
    teacherPasses: 0,
    passes: 1,
    seeds: 2,
  };
  const { said } = await teach('fidelity-paradox', own, changes, out);
  expect(said).toContain('no rationale field: fidelity skipped');
  const { found } = reportIn(out);
  expect(found).toHaveLength(5);
  for (const { fidelity } of found) expect(fidelity).toBeNull();
});

test('what can not be used is told', async () => {
  const { read } = fidelityParadox;
  expect((await userError(read(plan({ teacher: 'stranger' })))).message).toContain('different vocabularies');
  expect((await userError(read(plan({ test: 'train.jsonl' })))).message).toBe(
    'item 1 of the test is in the training file too',
  );
  for (const [line, fault] of [
    ['{"prompt": "1 + 1"}', 'answer: expected a text or a number'],
    ['{"prompt": ', 'not JSON'],
  ]) {
    const broken = folder.write('broken.jsonl', line!);
    expect((await userError(read(plan({ train: 'broken.jsonl' })))).message).toBe(
      `not a prompt with its answer: ${broken}:1: ${fault}`,
    );
  }
  folder.write('empty.jsonl', '\n');
  expect((await userError(read(plan({ train: 'empty.jsonl' })))).message).toMatch(/^no items: /);
  const failing = (changes: object) =>
    userError(teach('fidelity-paradox', plan(), { ...settings, ...changes }, join(folder.path, 'failing')));
  expect((await failing({ temperatures: '1,0' })).message).toBe('τ must be > 0: 1,0');
  expect((await failing({ temperatures: 'warm' })).message).toBe('τ must be > 0: warm');
  expect((await failing({ noises: '-1' })).message).toBe('noise must be > 0: -1');
  expect((await failing({ validation: 28 })).message).toBe('too few items to learn: 28');
  expect(fidelityParadox.method.params.safeParse({ losses: 'sft,magic' }).success).toBe(false);
});
