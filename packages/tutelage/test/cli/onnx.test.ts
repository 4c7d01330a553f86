import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { bin, startNode, tutelage, workFolder, writeTickets } from './built.js';

const work = workFolder();
const at = (...names: string[]): string => join(work.path, ...names);

interface Result {
  readonly run: string;
  readonly student: string;
  readonly report: string;
  readonly arms: readonly {
    id: string;
    title: string;
    accuracy: { estimate: number };
    costs: { bytes: number };
  }[];
  readonly economy?: {
    readonly teacher: { title: string; asked: { examples: number } };
    timesSmaller: number;
  };
}

async function distilled(words: readonly string[], cwd = work.path): Promise<Result> {
  const { code, stdout, stderr } = await tutelage(['distill', ...words, '--json'], cwd);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout);
}

describe('texts', () => {
  let big: string;

  /** A student with a tokenizer, taught and exported: the big model of somebody else. */
  beforeAll(async () => {
    writeTickets(at('tickets.csv'), 240);
    const { student } = await distilled([
      'tickets.csv',
      '--student',
      'text-small',
      '--epochs',
      '12',
      '--out',
      'big',
    ]);
    big = join(student, 'model.onnx');
  });

  test('an ONNX file teaches, and the report sets the student beside it', async () => {
    const { arms, economy, report } = await distilled([
      'tickets.csv',
      '--teacher',
      `onnx:${big}`,
      '--epochs',
      '4',
    ]);
    expect(arms.map(({ id }) => id)).toEqual(['teacher', 'student', 'alone']);
    const [teacher] = arms;
    expect(teacher!.accuracy.estimate).toBeGreaterThan(0.9);
    expect(teacher!.costs.bytes).toBe(statSync(big).size);
    expect(economy).toMatchObject({ teacher: { title: 'text-small', asked: { examples: 216 } } });
    expect(readFileSync(report, 'utf8')).toContain('Cost against the teacher');
  });

  test('an ONNX file is the student, whole, with a new head or with adapters, and is resumed to the same bits', async () => {
    const words = ['tickets.csv', '--student', big, '--epochs', '2', '--checkpoint-seconds', '0.05'];
    const whole = await distilled([...words, '--out', 'whole']);
    expect(whole.arms[0]).toMatchObject({ id: 'student', title: 'onnx' });
    expect(whole.arms[0]!.accuracy.estimate).toBeGreaterThan(0.9);
    const said = await tutelage(['predict', whole.student, 'refund my invoice'], work.path);
    expect(said.stdout).toMatch(/^billing\t/);

    const killed = startNode([bin, 'distill', ...words, '--out', 'killed'], work.path);
    await killed.says(/teaching onnx on/);
    const [run] = readdirSync(at('killed')).map((name) => at('killed', name)) as [string];
    while (!existsSync(join(run, 'checkpoints')) || readdirSync(join(run, 'checkpoints')).length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    killed.kill('SIGKILL');
    await killed.ended;
    expect(existsSync(join(run, 'student'))).toBe(false);
    expect((await tutelage(['resume', run], work.path)).code).toBe(0);
    for (const name of ['model.onnx', 'model.int8.onnx', 'student.json']) {
      expect(
        readFileSync(join(run, 'student', name)).equals(readFileSync(join(whole.student, name))),
        name,
      ).toBe(true);
    }
    for (const tuning of ['head', 'lora']) {
      const tuned = await distilled([...words, '--tuning', tuning, '--out', tuning]);
      expect(tuned.arms[0]!.accuracy.estimate, tuning).toBeGreaterThan(0.5);
    }
  });
});

describe('images', () => {
  /** Dark and light noise in two folders of PNG files. */
  beforeAll(async () => {
    const noise = new Float32Array(16 * 16 * 3);
    for (const [kind, brightness] of [
      ['dark', 60],
      ['light', 160],
    ] as const) {
      mkdirSync(at('photos', kind), { recursive: true });
      for (let i = 0; i < 40; i++) {
        random.fillUniform(noise, random.foldIn(random.key(i), kind));
        const pixels = Uint8Array.from(noise, (u) => brightness + 40 * u);
        const raw = { width: 16, height: 16, channels: 3 } as const;
        await sharp(pixels, { raw }).toFile(at('photos', kind, `${i}.png`));
      }
    }
  });

  test('an ONNX file teaches and is the student', async () => {
    const common = ['photos', '--image-size', '16', '--epochs', '3'];
    const { run, arms } = await distilled([...common, '--student', 'image-small', '--out', 'big-images']);
    expect(arms[0]!.accuracy.estimate).toBe(1);
    expect((await tutelage(['export', run, 'images.onnx'], work.path)).code).toBe(0);
    const taught = await distilled([
      ...common,
      '--teacher',
      'onnx:images.onnx',
      '--teacher-pixels',
      'symmetric',
      '--out',
      'taught',
    ]);
    expect(taught.arms.map(({ id }) => id)).toEqual(['teacher', 'student', 'alone']);
    expect(taught.arms[0]!.accuracy.estimate).toBeGreaterThan(0.9);
    const own = await distilled([...common, '--student', 'images.onnx', '--out', 'own']);
    expect(own.arms[0]!.accuracy.estimate).toBeGreaterThan(0.9);
  });
});
