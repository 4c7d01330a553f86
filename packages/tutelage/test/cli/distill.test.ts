import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  bin,
  type Ending,
  hashes,
  runsIn,
  startNode,
  tickets,
  tutelage,
  workFolder,
  writeTickets,
} from './built.js';

const work = workFolder();
const file = (...names: string[]): string => join(work.path, ...names);

beforeAll(() => writeTickets(file('tickets.csv'), 300));

describe('a run', () => {
  let ending: Ending;
  let result: {
    run: string;
    student: string;
    report: string;
    labels: string[];
    arms: { accuracy: { estimate: number } }[];
  };

  beforeAll(async () => {
    ending = await tutelage(['distill', 'tickets.csv', '--epochs', '6', '--json'], work.path);
    result = JSON.parse(ending.stdout);
  });

  test('ends with a result on stdout and everything else on stderr', () => {
    expect(ending.code).toBe(0);
    expect(result.labels).toEqual(['account', 'billing', 'shipping']);
    expect(result.arms[0]!.accuracy.estimate).toBeGreaterThan(0.9);
    expect(ending.stderr).toMatch(/240 examples for training, 30 for validation, 30 for the test/);
  });

  test('leaves a student with all that belongs to it', () => {
    expect(readdirSync(result.student).sort()).toEqual([
      'README.md',
      'example.html',
      'example.mjs',
      'labels.txt',
      'model.int8.onnx',
      'model.onnx',
      'student.json',
    ]);
    expect(readFileSync(result.report, 'utf8')).toMatch(/^<!doctype html>/);
  });

  test('is listed, reported and compared', async () => {
    const listed = await tutelage(['runs', '--json'], work.path);
    expect(JSON.parse(listed.stdout)).toMatchObject([{ path: result.run, state: 'finished' }]);
    const reported = await tutelage(['report', result.run, '--json'], work.path);
    expect(JSON.parse(reported.stdout).labels).toEqual(result.labels);
    const compared = await tutelage(['compare', result.run, result.run], work.path);
    expect(compared.stdout).toMatch(/text-nano/);
  });

  test('predicts words, lines and JSON lines', async () => {
    const words = await tutelage(
      ['predict', result.student, 'refund my invoice', 'the courier lost my parcel'],
      work.path,
    );
    expect(words.stdout.split('\n').map((line) => line.split('\t')[0])).toEqual(['billing', 'shipping', '']);
    const input = '{"question":"login with my email","id":7}\n\npassword please\n';
    const lines = await tutelage(
      ['predict', result.run, '--text', 'question', '--precision', 'int8'],
      work.path,
      input,
    );
    const [first, second] = lines.stdout.split('\n');
    expect(JSON.parse(first!)).toMatchObject({ question: 'login with my email', id: 7, label: 'account' });
    expect(second).toMatch(/^account\t0\.\d{4}$/);
  });

  test('measures itself on the file that it was taught with', async () => {
    const { stdout } = await tutelage(['eval', result.student, 'tickets.csv', '--json'], work.path);
    const { examples, accuracy } = JSON.parse(stdout);
    expect(examples).toBe(300);
    expect(accuracy.estimate).toBeGreaterThan(0.9);
  });

  test('is exported in every format', async () => {
    const sizes = await Promise.all(
      ['onnx', 'int8', 'float16', 'safetensors'].map(async (format) => {
        const { code } = await tutelage(
          ['export', result.run, `out.${format}`, '--format', format],
          work.path,
        );
        expect(code, format).toBe(0);
        return readFileSync(file(`out.${format}`)).length;
      }),
    );
    const [onnx, int8, float16] = sizes as [number, number, number];
    expect(int8).toBeLessThan(onnx / 2);
    expect(float16).toBeLessThan(onnx * 0.6);
    const nowhere = await tutelage(['export', result.run, 'absent/out.onnx'], work.path);
    expect(nowhere).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error: could not write the model/),
    });
  });

  test('shows its report also where that can not be written', async () => {
    rmSync(result.report);
    mkdirSync(result.report);
    const { code, stdout, stderr } = await tutelage(['report', result.run], work.path);
    rmSync(result.report, { recursive: true });
    expect(code).toBe(0);
    expect(stdout).toMatch(/The student answers/);
    expect(stderr).toMatch(/^warning: could not write a file/);
  });

  test('has an example for Node that runs', async () => {
    const { stdout, stderr } = await startNode(
      [join(result.student, 'example.mjs'), 'refund my invoice'],
      work.path,
    ).ended;
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^billing 0\.\d{3}\n$/);
  });
});

test('the distilled student is set beside its teacher and itself alone, and a second run asks the teacher nothing', async () => {
  const words = [
    'distill',
    'tickets.csv',
    '--teacher',
    'student:text-nano',
    '--teacher-epochs',
    '6',
    '--epochs',
    '3',
  ];
  const first = await tutelage([...words, '--out', 'taught', '--json'], work.path);
  const { arms, run } = JSON.parse(first.stdout);
  expect(arms.map(({ id }: { id: string }) => id)).toEqual(['teacher', 'student', 'alone']);
  const kept = hashes(join(run, 'student'));
  const again = await tutelage(['resume', run, '--json'], work.path);
  expect(JSON.parse(again.stdout).run).toBe(run);
  expect(hashes(join(run, 'student'))).toEqual(kept);
});

test('a killed run ends, when resumed, in the same student as an undisturbed one', async () => {
  const words = [
    'distill',
    'tickets.csv',
    '--teacher',
    'student:text-nano',
    '--teacher-epochs',
    '4',
    '--epochs',
    '12',
  ];
  const quick = ['--checkpoint-seconds', '0.05'];
  const undisturbed = await tutelage([...words, ...quick, '--out', 'whole'], work.path);
  expect(undisturbed.code).toBe(0);
  const [whole] = runsIn(file('whole'));

  const killed = startNode([bin, ...words, ...quick, '--out', 'killed'], work.path);
  await killed.says(/teaching text-nano on/);
  const [run] = runsIn(file('killed')) as [string];
  // Until the student itself has been saved once.
  while (!existsSync(join(run, 'checkpoints')) || readdirSync(join(run, 'checkpoints')).length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  killed.kill('SIGKILL');
  expect((await killed.ended).signal).toBe('SIGKILL');
  expect(existsSync(join(run, 'student'))).toBe(false);

  const resumed = await tutelage(['resume', run], work.path);
  expect(resumed.code).toBe(0);
  expect(hashes(join(run, 'student'))).toEqual(hashes(join(whole!, 'student')));
});

test('Ctrl-C saves, says how to resume, and ends with 130', async () => {
  const started = startNode(
    [bin, 'distill', 'tickets.csv', '--epochs', '100000', '--out', 'stopped'],
    work.path,
  );
  await started.says(/teaching text-nano on/);
  await new Promise((resolve) => setTimeout(resolve, 300));
  started.kill('SIGINT');
  const { code, stderr, stdout } = await started.ended;
  expect(code).toBe(130);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/saved at step \d+; resume with: tutelage resume stopped\/\S+/);
  const [run] = runsIn(file('stopped'));
  const asked = await tutelage(['predict', run!, 'refund'], work.path);
  expect(asked.stderr).toMatch(
    /^error: no student yet: .*\nhint: finish the run with: tutelage resume stopped/,
  );
});

test('a run whose data have changed is not resumed', async () => {
  writeTickets(file('changing.csv'), 60);
  const { stdout } = await tutelage(
    ['distill', 'changing.csv', '--epochs', '1', '--json', '--out', 'changed'],
    work.path,
  );
  writeTickets(file('changing.csv'), 63);
  const { code, stderr } = await tutelage(['resume', JSON.parse(stdout).run], work.path);
  expect(code).toBe(1);
  expect(stderr).toMatch(/the data have changed/);
});

test('rows that cannot be used are shown and kept', async () => {
  const rows = tickets(90).map(({ text, label }) => `${text},${label}`);
  rows[40] = ',billing';
  writeFileSync(file('faulty.csv'), `text,label\n${rows.join('\n')}\n`);
  const { stdout, stderr } = await tutelage(
    ['distill', 'faulty.csv', '--epochs', '1', '--json', '--out', 'faulty'],
    work.path,
  );
  const { run, rejected } = JSON.parse(stdout);
  expect(rejected.total).toBe(1);
  expect(stderr).toMatch(/rejected: data, row 42: text is empty/);
  expect(readFileSync(join(run, 'rejected.jsonl'), 'utf8')).toMatch(/text is empty/);
});

describe('mistakes', () => {
  beforeAll(() => {
    writeFileSync(file('one-label.csv'), 'text,label\nan apple,fruit\na pear,fruit\n');
    writeFileSync(file('empty.csv'), '');
    writeFileSync(file('two-rows.csv'), 'text,label\nan apple,fruit\na leek,vegetable\n');
    mkdirSync(file('nothing'));
    writeFileSync(file('labels.txt'), 'a\nb\n');
    mkdirSync(file('broken'), { recursive: true });
    writeFileSync(file('broken', 'student.json'), '{');
    mkdirSync(file('future'), { recursive: true });
    writeFileSync(file('future', 'student.json'), '{"format":"tutelage-student","version":99}');
  });

  test.each([
    [['distil', 'tickets.csv'], 2, /unknown command: distil\nhint: did you mean distill\?/],
    [['--verson'], 2, /unknown option: --verson/],
    [['distill'], 2, /missing required argument 'data'/],
    [['distill', 'tickets.csv', '--epochs', 'many'], 2, /--epochs: many: not a number/],
    [['distill', 'absent.csv'], 1, /no such file or folder: .*absent\.csv/],
    [['distill', 'empty.csv'], 1, /file is empty/],
    [['distill', 'one-label.csv'], 1, /two labels are needed, found only "fruit"/],
    [['distill', 'two-rows.csv'], 1, /too few examples: none is left for the test.*\nhint: give more data/],
    [['distill', 'nothing'], 1, /no class folders/],
    [['distill', 'tickets.csv', '--text', 'words'], 1, /no such column: words/],
    [
      ['distill', 'tickets.csv', '--student', 'text-nanno'],
      1,
      /unknown student.*\n.*\nhint: did you mean text-nano\?/,
    ],
    [['distill', 'tickets.csv', '--teacher', 'someone'], 1, /not a teacher: someone/],
    [['distill', 'tickets.csv', '--teacher', 'onnx:absent.onnx'], 1, /no such file: absent\.onnx/],
    [['distill', 'tickets.csv', '--teacher', 'student:absent'], 1, /not a student: absent/],
    [['distill', 'tickets.csv', '--teacher', 'local:absent.gguf'], 1, /no such file or folder: absent\.gguf/],
    [['distill', 'tickets.csv', '--student', 'absent.onnx'], 1, /no such file: .*absent\.onnx/],
    [['distill', 'tickets.csv', '--labels', 'labels.txt'], 1, /nobody to label/],
    [['distill', 'tickets.csv', '--labels', 'labels.txt', '--label', 'label'], 1, /--label with --labels/],
    [['resume', 'nothing'], 1, /not a run: nothing/],
    [['predict', 'nothing', 'x'], 1, /not a student: nothing/],
    [['predict', 'broken', 'x'], 1, /not valid JSON/],
    [['predict', 'future', 'x'], 1, /student of format 99/],
    [['eval', 'broken', 'tickets.csv'], 1, /damaged student/],
    [['compare', 'nothing'], 2, /runs: nothing: too small/],
    [['report', 'nothing'], 1, /not a run/],
    [['export', 'nothing', 'x.onnx'], 1, /no student to export/],
  ] as const)('%j', async (words, code, message) => {
    const ending = await tutelage(
      [...words, ...(words[0] === 'distill' ? ['--out', 'mistakes'] : [])],
      work.path,
    );
    expect(ending.stderr).toMatch(message);
    expect(ending.stderr).not.toMatch(/\n\s+at /);
    expect(ending.stdout).toBe('');
    expect(ending.code).toBe(code);
  });

  test('leave no run behind', () => {
    expect(existsSync(file('mistakes')) ? readdirSync(file('mistakes')) : []).toEqual([]);
  });
});
