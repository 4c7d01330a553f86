import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ReproduceOptions, reproduce, smokeRun } from '../../src/claims/reproduce.js';
import { readReproduction } from '../../src/claims/reproduction.js';
import { executeHere, interleaved, type Trial } from '../../src/claims/trials.js';
import { messagesOnly } from '../../src/runs/progress.js';
import { toyClaim, toyOutcome } from './toy-claim.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tutelage-reproduce-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const silent = messagesOnly({ write: () => {} });

function options(changes: Partial<ReproduceOptions> = {}): ReproduceOptions {
  return {
    folder,
    jobs: 1,
    execute: toyOutcome,
    plot: ({ verdict }) => `<svg>${verdict}</svg>`,
    progress: silent,
    signal: new AbortController().signal,
    ...changes,
  };
}

const read = (name: string) => readFileSync(join(folder, name), 'utf8');

test('a claim that is run in full is judged and recorded', async () => {
  const result = await reproduce(toyClaim(), options());
  const recorded = readReproduction(join(folder, 'toy.json'));
  expect(result).toEqual({ outcome: 'judged', reproduction: recorded, path: join(folder, 'toy.json') });
  expect(recorded).toMatchObject({
    verdict: 'holds',
    seeds: [0, 1, 2, 3, 4],
    settings: { size: 3 },
    data: {},
    cpuMinutes: 0.13,
    version: '0.1.0',
  });
  // Leads 0.10 to 0.14: mean 0.12, standard error 0.01581 / sqrt(5), t(4) = 2.776.
  expect(recorded.lead.estimate).toBeCloseTo(0.12, 9);
  expect(recorded.lead.low).toBeCloseTo(0.12 - (2.7764 * 0.0158114) / Math.sqrt(5), 5);
  expect(recorded.arms.map(({ id, mean, lead }) => [id, Number(mean.toFixed(6)), lead?.estimate])).toEqual([
    ['baseline', 0.5, undefined],
    ['method', 0.62, recorded.lead.estimate],
    ['worse', 0.4, expect.closeTo(-0.1, 9)],
  ]);
  expect(readdirSync(folder).sort()).toEqual(['toy.json', 'toy.svg']);
  expect(read('toy.svg')).toBe('<svg>holds</svg>');
});

test('a further experiment has a record of its own beside the first', async () => {
  await reproduce(toyClaim(), options());
  const further = toyClaim({ experiment: 'large', settings: { size: 9 } });
  expect(await reproduce(further, options())).toMatchObject({ path: join(folder, 'toy-large.json') });
  expect(readReproduction(join(folder, 'toy-large.json'))).toMatchObject({
    method: 'toy',
    experiment: 'large',
  });
  expect(readReproduction(join(folder, 'toy.json')).settings).toEqual({ size: 3 });
  expect(readdirSync(folder).sort()).toEqual(['toy-large.json', 'toy-large.svg', 'toy.json', 'toy.svg']);
});

test('a claim that fails is recorded as it falls', async () => {
  await reproduce(toyClaim({ smallestEffect: 0.3 }), options());
  expect(readReproduction(join(folder, 'toy.json')).verdict).toBe('does not hold');
});

describe('a claim of several parts', () => {
  const loss = { name: 'loss', better: 'lower' } as const;
  const parts = [
    { statement: 'The worse is no worse than by 0.15.', arm: 'worse', against: 'baseline', least: -0.15 },
    { statement: 'The method loses less.', arm: 'method', against: 'worse', figure: loss, least: 0.1 },
  ];
  const execute: ReproduceOptions['execute'] = async (trial, signal) => {
    const outcome = await toyOutcome(trial, signal);
    return { ...outcome, figures: { loss: 1 - outcome.value } };
  };

  test('is as good as its weakest, and keeps further figures through an interruption', async () => {
    await reproduce(toyClaim({ parts }), options({ execute, seeds: 2 }));
    await reproduce(toyClaim({ parts }), options({ execute }));
    const recorded = readReproduction(join(folder, 'toy.json'));
    expect(recorded.verdict).toBe('holds');
    expect(recorded.parts?.map(({ verdict, lead }) => [verdict, Number(lead.estimate.toFixed(9))])).toEqual([
      ['holds', -0.1],
      ['holds', 0.22],
    ]);
    expect(recorded.arms[0]!.figures).toEqual({ loss: [0.5, 0.5, 0.5, 0.5, 0.5] });
    await reproduce(toyClaim({ parts: [parts[1]!, { ...parts[0]!, least: -0.05 }] }), options({ execute }));
    expect(readReproduction(join(folder, 'toy.json')).verdict).toBe('does not hold');
  });

  test('is refused where its arms do not give a figure', async () => {
    await expect(reproduce(toyClaim({ parts }), options())).rejects.toThrow('arm worse has no figure loss');
  });
});

test('arms are interleaved: all of a seed before the next seed', async () => {
  const order: Trial[] = [];
  const execute: ReproduceOptions['execute'] = async (trial, signal) => {
    order.push(trial);
    return toyOutcome(trial, signal);
  };
  await reproduce(toyClaim(), options({ execute }));
  expect(order).toEqual(interleaved(toyClaim().arms, [0, 1, 2, 3, 4]));
  expect(order.slice(0, 4).map(({ arm, seed }) => `${arm} ${seed}`)).toEqual([
    'baseline 0',
    'method 0',
    'worse 0',
    'baseline 1',
  ]);
});

test('several at a time give the same record, whatever the order of their ends', async () => {
  await reproduce(toyClaim(), options());
  const one = read('toy.json');
  let running = 0;
  let most = 0;
  const execute: ReproduceOptions['execute'] = async (trial, signal) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, (trial.seed * 7 + trial.arm.length * 5) % 11));
    running--;
    return toyOutcome(trial, signal);
  };
  await reproduce(toyClaim(), options({ execute, jobs: 4 }));
  expect(most).toBe(4);
  expect(read('toy.json')).toBe(one);
});

describe('an end before the end', () => {
  test('by kill -9 loses the trial under way alone, and the record has the same bytes', async () => {
    await reproduce(toyClaim(), options());
    const undisturbed = read('toy.json');
    rmSync(join(folder, 'toy.json'));
    const program = join(folder, 'child.mjs');
    buildSync({
      entryPoints: [new URL('kill-child.ts', import.meta.url).pathname],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: program,
    });
    for (const trials of [4, 7]) {
      expect(spawnSync(process.execPath, [program, folder, String(trials)]).signal).toBe('SIGKILL');
    }
    expect(existsSync(join(folder, 'toy.json'))).toBe(false);
    const rerun: Trial[] = [];
    const execute: ReproduceOptions['execute'] = async (trial, signal) => {
      rerun.push(trial);
      return toyOutcome(trial, signal);
    };
    await reproduce(toyClaim(), options({ execute }));
    expect(rerun).toEqual(interleaved(toyClaim().arms, [0, 1, 2, 3, 4]).slice(11));
    expect(read('toy.json')).toBe(undisturbed);
  });

  test('by an interruption is told, and the rest is run later', async () => {
    const controller = new AbortController();
    let count = 0;
    const execute: ReproduceOptions['execute'] = async (trial, signal) => {
      if (count++ === 5) controller.abort();
      return toyOutcome(trial, signal);
    };
    const result = await reproduce(toyClaim(), options({ execute, signal: controller.signal }));
    expect(result).toEqual({ outcome: 'interrupted', done: 5, total: 15 });
    expect(existsSync(join(folder, 'toy.json'))).toBe(false);
    expect(await reproduce(toyClaim(), options())).toMatchObject({ outcome: 'judged' });
  });

  test('in the middle of writing an outcome loses that outcome alone', async () => {
    await reproduce(toyClaim(), options({ seeds: 2 }));
    appendFileSync(join(folder, 'toy.partial', 'outcomes.jsonl'), '{"arm":"method","see');
    expect(await reproduce(toyClaim(), options())).toMatchObject({ outcome: 'judged' });
  });

  test('by an arm that fails keeps the others', async () => {
    const execute: ReproduceOptions['execute'] = async (trial, signal) => {
      if (trial.arm === 'worse') throw new Error('no memory');
      return toyOutcome(trial, signal);
    };
    await expect(reproduce(toyClaim(), options({ execute }))).rejects.toThrow('no memory');
    expect(read('toy.partial/outcomes.jsonl').trim().split('\n')).toHaveLength(3);
  });
});

test('outcomes of another experiment are not mixed in', async () => {
  await reproduce(toyClaim(), options({ seeds: 2 }));
  await expect(reproduce(toyClaim({ settings: { size: 4 } }), options())).rejects.toThrow(
    'another version of the experiment',
  );
});

test('a metric that is no number is told by arm and seed', async () => {
  const execute = async ({ seed }: Trial) => ({ value: seed === 1 ? Number.NaN : 1, cpuSeconds: 0 });
  await expect(reproduce(toyClaim(), options({ execute }))).rejects.toThrow(
    'no result: arm baseline, seed 1: NaN',
  );
});

test('some of the seeds give figures and no verdict, and are kept for the rest', async () => {
  const result = await reproduce(toyClaim(), options({ seeds: 3 }));
  expect(result).toMatchObject({ outcome: 'unjudged', figures: { seeds: [0, 1, 2] } });
  expect(JSON.stringify(result)).not.toContain('verdict');
  expect(readdirSync(folder)).toEqual(['toy.partial']);
  await expect(reproduce(toyClaim(), options({ seeds: 6 }))).rejects.toThrow(
    'more seeds than the claim states: 6',
  );
});

test('a smoke run writes nothing and judges nothing', async () => {
  const before = process.cwd();
  process.chdir(folder);
  try {
    const { signal } = new AbortController();
    const figures = await smokeRun(toyClaim(), { progress: silent, signal });
    expect(figures).toMatchObject({ seeds: [0, 1] });
    expect(JSON.stringify(figures)).not.toMatch(/verdict|holds/);
    expect(readdirSync(folder)).toEqual([]);
  } finally {
    process.chdir(before);
  }
});

test('trials in this process are measured', async () => {
  const { value, cpuSeconds } = await executeHere(toyClaim().arms)(
    { arm: 'method', seed: 2 },
    new AbortController().signal,
  );
  expect(value).toBe(0.62);
  expect(cpuSeconds).toBeGreaterThanOrEqual(0);
});

describe('a claim that could not be judged is refused', () => {
  test.each([
    [{ seeds: [1, 2, 3, 4] }, 'too few seeds: 4; 5 or more'],
    [{ seeds: [1, 2, 3, 4, 4] }, 'a seed occurs twice'],
    [{ arm: 'best' }, 'no such arm: best; there are baseline, method, worse'],
    [{ against: 'nothing' }, 'no such arm: nothing'],
    [{ against: 'method' }, "an arm can't be compared with itself"],
    [{ smallestEffect: 0 }, 'the smallest effect must be positive: 0'],
    [{ smallestEffect: Number.NaN }, 'the smallest effect must be positive: NaN'],
    [{ budget: 0 }, 'the budget must be positive'],
    [{ parts: [{ statement: '', arm: 'best', against: 'method', least: 1 }] }, 'no such arm: best'],
    [{ quickArms: [] }, 'the quick arms are not the arms'],
  ])('%o', (changes, message) => {
    expect(() => toyClaim(changes)).toThrow(message);
  });
});
