import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { openCausalModel, saveCausalModel } from '../../src/language/causal-model.js';
import { openRewardModel } from '../../src/language/reward-model.js';
import { trainByteBpe } from '../../src/language/tokenizer/train.js';
import { tinyCausalModel } from '../tiny-causal-model.js';
import { bin, startNode, tutelage, workFolder } from './built.js';

const work = workFolder();
const colours = ['red', 'green', 'blue', 'white'];
const lines = (rows: readonly object[]) => `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`;

beforeAll(async () => {
  const tokenizer = trainByteBpe(
    colours.map((colour) => `say ${colour} please`),
    { vocabulary: 280 },
  );
  await saveCausalModel(tinyCausalModel(tokenizer, 1), join(work.path, 'model'));
  const put = (name: string, rows: readonly object[]) => writeFileSync(join(work.path, name), lines(rows));
  const many = Array.from({ length: 10 }, (_, i) =>
    colours.map((colour) => ({ prompt: `${i} say`, colour })),
  ).flat();
  put(
    'answers.jsonl',
    many.map(({ prompt, colour }) => ({ prompt, answer: ` ${colour}` })),
  );
  put(
    'pairs.jsonl',
    many.map(({ prompt, colour }) => ({ prompt, chosen: ` ${colour} please`, rejected: ` ${colour}` })),
  );
});

const tune = (...words: readonly string[]) => tutelage(['tune', ...words, '--threads', '1'], work.path);

describe('a language model is tuned', () => {
  test('by answers, which come to be likelier', async () => {
    const { code, stdout } = await tune(
      'model',
      'answers.jsonl',
      '--rank',
      '0',
      '--learning-rate',
      '0.01',
      '--passes',
      '4',
    );
    expect(code).toBe(0);
    const [, before, after] =
      /^4 held-out answers: ([\d.]+) nats a token before, ([\d.]+) after\ntuned\/sft\n$/.exec(stdout)!;
    expect(Number(after)).toBeLessThan(0.8 * Number(before));
    expect((await openCausalModel(join(work.path, 'tuned/sft'))).config.width).toBe(16);
  });

  test('by the answers that are there', async () => {
    const rows = [{ prompt: 'say', answer: ' red' }, { prompt: 'say' }, { answer: ' red' }];
    writeFileSync(join(work.path, 'gaps.jsonl'), lines(rows));
    const { code, stderr } = await tune('model', 'gaps.jsonl', '--out', 'gaps');
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('1 left out: no prompt\n1 left out: no answer\n'),
    ]);
  });

  test('by preferences', async () => {
    const words = ['model', 'pairs.jsonl', '--method', 'dpo', '--learning-rate', '0.01', '--out', 'aligned'];
    const { code, stdout, stderr } = await tune(...words);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(
        /^4 held-out pairs: the better answer is likelier in .* it gained on the other in 100\.0.%\naligned\n$/,
      ),
    ]);
    expect(stderr).toMatch(/5\/5 {2}loss 0\.\d+/);
  });

  test('to judge, and by a judge', async () => {
    const judged = await tune(
      'model',
      'pairs.jsonl',
      '--method',
      'reward',
      '--rank',
      '0',
      '--learning-rate',
      '0.02',
      '--out',
      'judge',
    );
    expect([judged.code, judged.stdout]).toEqual([
      0,
      expect.stringMatching(/^4 held-out pairs: the better answer is worth more in 100\.0.%\njudge\n$/),
    ]);
    expect((await openRewardModel(join(work.path, 'judge'))).params.score.weight.shape).toEqual([1, 16]);
    const words = ['model', 'answers.jsonl', '--method', 'grpo', '--judge', 'judge', '--max-tokens', '4'];
    const { code, stdout } = await tune(...words);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^mean reward of drawn answers: .*\ntuned\/grpo\n$/),
    ]);
    expect(existsSync(join(work.path, 'tuned/grpo/model.safetensors'))).toBe(true);
    const rows = readFileSync(join(work.path, 'tuned/grpo/run/metrics.jsonl'), 'utf8').trim().split('\n');
    expect(rows).toHaveLength(5);
  });

  test('by right answers', async () => {
    const words = ['model', 'answers.jsonl', '--method', 'grpo', '--max-tokens', '4', '--out', 'checked'];
    expect((await tune(...words)).code).toBe(0);
  });
});

describe('a tuning that is interrupted', () => {
  const words = ['pairs.jsonl', '--method', 'dpo', '--passes', '300', '--rank', '0'];

  test('goes on by resume, after Ctrl-C and kill -9, to the same model', async () => {
    const undisturbed = await tune('model', ...words, '--out', 'whole');
    expect(undisturbed.code).toBe(0);
    const started = startNode(
      [bin, 'tune', 'model', ...words, '--threads', '1', '--out', 'stopped'],
      work.path,
    );
    await written(join(work.path, 'stopped/run/metrics.jsonl'));
    started.kill('SIGINT');
    const { code, stderr } = await started.ended;
    const [, step] = /saved at step (\d+); resume with: tutelage resume stopped\/run\n/.exec(stderr)!;
    expect([code, Number(step) > 0 && Number(step) < 1350]).toEqual([130, true]);
    expect(existsSync(join(work.path, 'stopped/model.safetensors'))).toBe(false);
    const killed = startNode([bin, 'resume', 'stopped/run'], work.path);
    await written(join(work.path, 'stopped/run/metrics.jsonl'), Number(step) + 1);
    killed.kill('SIGKILL');
    await killed.ended;
    const resumed = await tutelage(['resume', 'stopped/run'], work.path);
    expect([resumed.code, resumed.stdout]).toEqual([
      0,
      undisturbed.stdout.replace('whole', join(work.path, 'stopped')),
    ]);
    const files = (name: string) =>
      ['model.safetensors', 'run/metrics.jsonl'].map((file) => readFileSync(join(work.path, name, file)));
    expect(files('stopped')).toEqual(files('whole'));
  });

  test('does not go on with other settings', async () => {
    const { code, stderr } = await tune('model', ...words, '--out', 'whole', '--beta', '0.5');
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/of other data or parameters: .*whole.run\nbeta: 0.1 there, 0.5 now\n/),
    ]);
  });
});

/** Waits for a file of so many lines. */
async function written(path: string, lines = 1): Promise<void> {
  while (!existsSync(path) || readFileSync(path, 'utf8').split('\n').length <= lines) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('a language model answers prompts, the same for the same seed', async () => {
  const words = ['predict', 'model', 'one', 'two', '--max-tokens', '4', '--json'];
  const { code, stdout } = await tutelage(words, work.path);
  expect(code).toBe(0);
  const answers = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(answers.map(({ input }) => input)).toEqual(['one', 'two']);
  for (const { answer, finishReason } of answers) {
    expect(typeof answer).toBe('string');
    expect(['end', 'length']).toContain(finishReason);
  }
  expect((await tutelage(words, work.path)).stdout).toBe(stdout);
  expect((await tutelage([...words, '--seed', '1'], work.path)).stdout).not.toBe(stdout);
});

test.each([
  [['tune', 'judge', 'answers.jsonl'], 'a reward model, which writes nothing: judge'],
  [['tune', 'answers.jsonl', 'answers.jsonl'], "error: not a GGUF file: it doesn't start with 'GGUF'"],
  [['resume', 'judge'], 'not a run: judge\nhint: its run is the folder in it: judge/run'],
  [['predict', 'judge', 'hello'], 'a reward model, which writes nothing: judge'],
  [['eval', 'model', 'answers.jsonl'], 'a language model, not a student: model'],
])('a model in the wrong place is told: %j', async (words, problem) => {
  const { code, stderr } = await tutelage(words, work.path);
  expect([code, stderr]).toEqual([1, expect.stringContaining(problem)]);
});

test.each([
  [['pairs.jsonl'], 'no answers: pairs.jsonl'],
  [['answers.jsonl', '--judge', 'judge'], 'a judge is for grpo, not for sft'],
  [['answers.jsonl', '--method', 'dpo'], 'no pairs: answers.jsonl'],
  [['answers.jsonl', '--max-tokens', '2'], 'nothing to learn: answers.jsonl'],
  [['answers.jsonl', '--method', 'grpo', '--judge', 'model'], 'not a reward model: model'],
  [['answers.jsonl', '--out', 'model'], 'would take the place of the untuned one: model'],
  [['answers.jsonl', '--out', 'answers.jsonl'], 'a part of the path is not a folder: answers.jsonl'],
])('what can not be done is told: %s', async (words, problem) => {
  const { code, stderr } = await tune('model', ...words);
  expect([code, stderr]).toEqual([1, expect.stringContaining(problem)]);
});
