import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { judgeTasks, noiseFloorOf, type TaughtEpisode } from '../../src/curricula/exercise-judgement.js';
import { exerciseMap } from '../../src/curricula/exercise-map.js';
import { fitsWithin } from '../../src/curricula/fits-within.js';
import { noiseFloor } from '../../src/curricula/learning-progress.js';
import { alpGmm } from '../../src/methods/curricula/alp-gmm.js';
import { type Exercise, readExercise } from '../../src/tasks/exercise.js';
import { readExerciseLog } from '../../src/tasks/exercise-log.js';
import { placeOf, valuesAt } from '../../src/tasks/exercise-parameters.js';

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tutelage-exercise-'));
});
afterEach(() => {
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

const plain = { scale: 'linear', integer: false } as const;
const gap = { name: 'gap', min: 0, max: 2, ...plain };
const size = { name: 'size', min: 1, max: 100, scale: 'log', integer: true } as const;

function teach(exercise: Partial<Exercise>, settings: object = {}) {
  const said: string[] = [];
  const context = {
    seed: 1,
    folder,
    signal: new AbortController().signal,
    say: (line: string) => void said.push(line),
  };
  const whole: Exercise = { parameters: [gap], reward: [0, 1], log: [], ...exercise };
  const params = alpGmm.method.params.parse({ episodes: 60, fitEvery: 20, ...settings });
  return alpGmm.method.run(whole, params, context).then(({ lines }) => ({ lines, said }));
}

describe('a callback', () => {
  test('is called for each run of each episode with values within bounds, and told of by measured noise', async () => {
    const seen: number[] = [];
    let call = 0;
    const run = async ({ gap: value }: Readonly<Record<string, number>>) => {
      seen.push(value!);
      return 0.5 + (call++ % 2 ? 0.1 : -0.1);
    };
    const { lines } = await teach({ run }, { repeats: 2 });
    expect(seen).toHaveLength(120);
    expect(seen.every((value) => value >= 0 && value <= 2)).toBe(true);
    expect(seen.filter((value, i) => i % 2 === 1 && value !== seen[i - 1])).toEqual([]);
    // Two runs at 0.5 ± 0.1 have a standard deviation of 0.1414; their mean one of 0.1.
    expect(lines).toContain(`noise floor of progress: measured ${noiseFloor(0.1).toFixed(3)}`);
  });

  test('tests fixed tasks without learning where it is told how', async () => {
    const { lines } = await teach({
      run: async () => 0,
      test: async ({ gap: value }) => (value! < 1 ? 1 : 0),
    });
    const [, count] = /^tested: (\d+) of 50/.exec(lines.find((line) => line.startsWith('tested'))!)!;
    expect(Number(count)).toBeGreaterThan(15);
    expect(Number(count)).toBeLessThan(35);
  });

  test('that gives no number stops with the task that caused it', async () => {
    await expect(teach({ run: async () => Number.POSITIVE_INFINITY })).rejects.toMatchObject({
      message: 'no reward: Infinity',
      detail: expect.stringMatching(/^exercise \{"gap":/),
    });
  });

  test('whose rewards leave their range is clamped and told, with a warning if they are many', async () => {
    let call = 0;
    const { said } = await teach({ run: async () => (call++ === 0 ? 7 : 0.5) });
    expect(said).toContain('1 of 60 rewards lie outside of 0 to 1 and were clamped');
    rmSync(join(folder, 'trials'), { recursive: true });
    const { said: many } = await teach({ run: async () => 7 });
    expect(many).toContain('warning: 60 of 60 rewards lie outside of 0 to 1 and were clamped');
  });
});

describe('an endpoint', () => {
  const serve = async (answer: (values: Record<string, number>) => { status?: number; body: string }) => {
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (part) => {
        text += part;
      });
      request.on('end', () => {
        const { status = 200, body } = answer(JSON.parse(text));
        response.writeHead(status).end(body);
      });
    });
    await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    writeFileSync(
      join(folder, 'exercise.json'),
      JSON.stringify({ parameters: [{ name: 'gap', min: 0, max: 2 }], reward: [0, 1], url }),
    );
    return readExercise(join(folder, 'exercise.json'));
  };

  test('answers with a number or a reward', async () => {
    let call = 0;
    const exercise = await serve(({ gap: value }) => ({
      body: call++ % 2 ? String(value! / 2) : JSON.stringify({ reward: value! / 2 }),
    }));
    const { signal } = new AbortController();
    for (let i = 0; i < 2; i++) expect(await exercise.run!({ gap: 1.5 }, signal)).toBe(0.75);
  });

  test.each([
    [{ status: 503, body: 'busy' }, 'the exercise answered 503'],
    [{ body: 'well done' }, 'no reward: well done'],
    [{ body: '{"reward": null}' }, 'no reward: {"reward": null}'],
    [{ body: '' }, 'no reward: the answer is empty'],
  ])('that answers %o is told', async (answer, message) => {
    const exercise = await serve(() => answer);
    await expect(exercise.run!({ gap: 1 }, new AbortController().signal)).rejects.toThrow(message);
  });
});

describe('a log', () => {
  const read = (text: string) => {
    const path = join(folder, 'log.csv');
    writeFileSync(path, text);
    return readExerciseLog(path, [gap, size]);
  };

  test('is put in the order of its times, with places in the unit box', async () => {
    expect(await read('time,size,gap,score\n2,10,0.5,0.1\n1,100,2,0.2\n')).toEqual([
      { task: [1, 1], reward: 0.2 },
      { task: [0.25, expect.closeTo(0.5, 12)], reward: 0.1 },
    ]);
  });

  test.each([
    ['gap,score\n1,1\n', 'no column size'],
    ['gap,size\n1,1\n', 'no column score'],
    ['gap,size,score\n1,1,0\n1,many,0\n', /size: not a number: .*log\.csv, row 3/],
    ['gap,size,score\n3,1,0\n', /gap: out of bounds: .*row 2/],
    ['gap,size,score\n1,1,\n', /score: not a number: .*row 2/],
  ])('%j is told', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });
});

test('values and places are each other’s inverse', () => {
  for (const place of [0, 0.3, 1]) {
    expect(placeOf(gap, valuesAt([gap], [place]).gap!)).toBeCloseTo(place, 12);
    const size = { name: 'size', min: 0.01, max: 10, scale: 'log', integer: false } as const;
    expect(placeOf(size, valuesAt([size], [place]).size!)).toBeCloseTo(place, 12);
  }
  expect(valuesAt([size], [0.52])).toEqual({ size: 11 });
});

describe('fits', () => {
  const fit = (changes: object, episodes: number, coordinates = 2) => {
    const said: string[] = [];
    const wanted = { fitEvery: 250, fewest: 2, most: 10, ...changes };
    const fits = fitsWithin(wanted, { episodes, usual: 250, coordinates }, (line) => void said.push(line));
    return { ...fits, said: said.join('\n') };
  };

  test('are those asked for where there are episodes enough', () => {
    expect(fit({}, 5000)).toEqual({ fitEvery: 250, fewest: 2, most: 10, said: '' });
    expect(fit({ fitEvery: 100 }, 300)).toMatchObject({ fitEvery: 100, most: 10 });
  });

  test('come more often in a small budget, and have fewer Gaussians', () => {
    expect(fit({}, 1000)).toMatchObject({ fitEvery: 50, most: 8 });
    // 3 Gaussians in 2 dimensions have 17 free parameters, 2 have 11.
    expect(fit({}, 100)).toMatchObject({ fitEvery: 15, fewest: 2, most: 2 });
    expect(fit({}, 100, 7)).toMatchObject({ fewest: 1, most: 1 });
    expect(fit({}, 20).said).toContain('warning: most of 20 episodes are drawn at random: fitEvery is 15');
  });

  test('with fewest above most are refused', () => {
    expect(() => fit({ fewest: 11 }, 5000)).toThrow('fewest Gaussians above most: 11 and 10');
  });
});

const episode = (task: readonly number[], score: number, alp: number): TaughtEpisode => ({
  task,
  component: 'random',
  rewards: [score],
  score,
  alp,
});

test('tasks are judged by the nearest of the later half', () => {
  const early = Array.from({ length: 15 }, () => episode([0.9], 1, 1));
  const later = [0.1, 0.5, 0.9].flatMap((x, i) =>
    Array.from({ length: 5 }, () => episode([x], [0.9, 0.4, 0][i]!, [0.1, 0.1, 0.005][i]!)),
  );
  const judge = (floor: number) =>
    judgeTasks([[0.1], [0.5], [0.9]], [...early, ...later], { mastered: 0.8, floor });
  expect(judge(0)).toEqual(['mastered', 'in progress', 'hopeless']);
  expect(judge(0.2)).toEqual(['mastered', 'hopeless', 'hopeless']);
});

test('the noise floor without repeated runs is at most the progress of the calmest Gaussian', () => {
  const component = (progress: number) => ({
    weight: 0.5,
    mean: Float64Array.of(0.5, progress),
    covariance: new Float64Array(4),
    root: new Float64Array(4),
  });
  const mixture = { components: [component(0.3), component(0.04)], logLikelihood: 0 };
  const floorOf = (noise: number, own?: typeof mixture) =>
    noiseFloorOf([episode([0], 0, 0)], { scale: 1, noise }, own);
  expect(floorOf(0, mixture)).toEqual({ value: 0.04, known: 'at most' });
  expect(floorOf(0.1, mixture)).toEqual({ value: noiseFloor(0.1), known: 'given' });
  expect(floorOf(0).known).toBe('unknown');
});

test('the map has a panel of tasks and one of scores for each pair, and no name breaks it', () => {
  const episodes = [episode([0.1, 0.2, 0.3], 0.5, 0), episode([0.1, 0.9, 0.3], 1, 0)];
  const map = exerciseMap(['<gap>', 'size', 'speed'], episodes);
  expect(map.match(/<g /g)).toHaveLength(6);
  expect(map).toContain('&lt;gap&gt;');
  expect(map).not.toContain('<gap>');
  expect(exerciseMap(['gap'], [episode([0.5], 0.25, 0)])).toContain('<title>0.25</title>');
});

test('an aborted exercise keeps what was done', async () => {
  const controller = new AbortController();
  let calls = 0;
  const run = async () => {
    if (++calls === 31) controller.abort();
    return 0.5;
  };
  const exercise: Exercise = { parameters: [gap], reward: [0, 1], log: [], run };
  const params = alpGmm.method.params.parse({ episodes: 60, fitEvery: 20 });
  await alpGmm.method.run(exercise, params, { seed: 1, folder, signal: controller.signal, say() {} });
  expect(readFileSync(join(folder, 'episodes.csv'), 'utf8').trim().split('\n')).toHaveLength(31);
  expect(existsSync(join(folder, 'map.svg'))).toBe(true);
});
