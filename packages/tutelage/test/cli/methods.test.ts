import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { bin, startNode, tutelage, workFolder, writeTickets } from './built.js';

const work = workFolder();
const file = (...names: string[]): string => join(work.path, ...names);

describe('methods and show', () => {
  test('list the methods, all or those with the words asked for', async () => {
    const all = await tutelage(['methods'], work.path);
    expect(all.stdout).toContain('alp-gmm');
    expect(all.stdout).toContain('cyclical-curriculum');
    const found = await tutelage(['methods', 'environments curricula', '--json'], work.path);
    expect(JSON.parse(found.stdout).map(({ id }: { id: string }) => id)).toEqual(['alp-gmm']);
    const none = await tutelage(['methods', 'alchemy'], work.path);
    expect([none.code, none.stdout, none.stderr]).toEqual([0, '', 'no method for: alchemy\n']);
  });

  test('tell of parameters, data, cost and claim', async () => {
    const { stdout } = await tutelage(['show', 'cyclical-curriculum'], work.path);
    expect(stdout).toMatch(/^start +0\.25 +smallest share of the data$/m);
    expect(stdout).toContain('easy, random, hard');
    expect(stdout).toMatch(/^seeds +10, /m);
  });

  test('tell of further claims, which are reproduced by their names', async () => {
    const { stdout } = await tutelage(['show', 'alp-gmm'], work.path);
    const commands = ['alp-gmm', 'alp-gmm-waves', 'alp-gmm-walker'].map((id) => `tutelage reproduce ${id}`);
    expect(stdout.split('\n').filter((line) => line.startsWith('tutelage reproduce'))).toEqual(commands);
    const quick = await tutelage(['reproduce', 'alp-gmm-walker', '--quick'], work.path);
    expect([quick.code, quick.stdout]).toEqual([0, expect.stringMatching(/^riac +\d\.\d+/m)]);
  });

  test('know near names', async () => {
    const { code, stderr } = await tutelage(['show', 'alpgmm'], work.path);
    expect([code, stderr]).toEqual([2, 'error: unknown method: alpgmm\nhint: did you mean alp-gmm?\n']);
  });
});

describe('reproduce', () => {
  test('--quick shows figures, and neither judges nor writes', async () => {
    const { code, stdout, stderr } = await tutelage(['reproduce', 'alp-gmm', '--quick'], work.path);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^oracle +0\.\d+/m);
    expect(stdout).not.toContain('verdict');
    expect(stderr).toContain('a smoke run');
    expect(existsSync(file('reproductions'))).toBe(false);
  });

  test('--quick takes no seeds, and there are no more seeds than the claim states', async () => {
    const quick = await tutelage(['reproduce', 'alp-gmm', '--quick', '--seeds', '5'], work.path);
    expect([quick.code, quick.stderr]).toEqual([2, expect.stringContaining('--quick has seeds')]);
    const many = await tutelage(['reproduce', 'alp-gmm', '--seeds', '11'], work.path);
    expect([many.code, many.stderr]).toEqual([1, expect.stringContaining('it states 10')]);
  });

  test('an interruption ends with 130 and says how to go on', async () => {
    const started = startNode([bin, 'reproduce', 'alp-gmm', '--out', 'interrupted'], work.path);
    await started.says(/claim: /);
    started.kill('SIGINT');
    const { code, stderr } = await started.ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(/\d of 250 are done; the same command goes on/);
    expect(existsSync(file('interrupted', 'alp-gmm.json'))).toBe(false);
  });

  test('processes of their own run trials as this one does, and tell what went wrong', async () => {
    const dist = pathToFileURL(join(bin, '../../dist/')).href;
    writeFileSync(
      file('trials.mjs'),
      `import { trialProcesses } from '${dist}cli/trial-processes.js';
       import { executeHere } from '${dist}claims/trials.js';
       import { loadMethod } from '${dist}methods/index.js';
       const { claim } = await loadMethod('alp-gmm');
       const { signal } = new AbortController();
       const processes = trialProcesses('alp-gmm');
       const trials = [{ arm: 'random', seed: 1 }, { arm: 'oracle', seed: 1 }, { arm: 'random', seed: 2 }];
       const there = await Promise.all(trials.map((trial) => processes.execute(trial, signal)));
       const here = executeHere(claim.arms);
       for (const [i, trial] of trials.entries()) console.log(there[i].value === (await here(trial, signal)).value);
       await processes.execute({ arm: 'nobody', seed: 1 }, signal).catch((error) => console.log(error.message));
       const controller = new AbortController();
       const long = processes.execute({ arm: 'alp-gmm', seed: 1 }, controller.signal);
       controller.abort();
       await long.catch((error) => console.log(error.message));
       processes.stop();`,
    );
    const { stdout, code } = await startNode([file('trials.mjs')], work.path).ended;
    expect(code).toBe(0);
    const [a, b, c, failed, stopped] = stdout.trim().split('\n');
    expect([a, b, c]).toEqual(['true', 'true', 'true']);
    expect(failed).toMatch(/^arm nobody, seed 1: /);
    expect(stopped).toBe('arm alp-gmm, seed 1: its process ended with SIGKILL');
  });
});

describe('teach alp-gmm', () => {
  const exercise = {
    parameters: [
      { name: 'gap', min: 0, max: 2 },
      { name: 'size', min: 1, max: 100, scale: 'log', integer: true },
    ],
    command: [process.execPath, 'exercise.mjs'],
    reward: [0, 120],
  };
  const teach = (words: readonly string[], described: unknown = exercise) => {
    writeFileSync(file('exercise.json'), JSON.stringify(described));
    return tutelage(['teach', 'alp-gmm', '--data', 'exercise.json', ...words], work.path);
  };
  const rows = (out: string) => readFileSync(file(out, 'episodes.csv'), 'utf8').trim().split('\n');
  const sum = `let text = '';
    process.stdin.on('data', (part) => { text += part; }).on('end', () => {
      const { gap, size } = JSON.parse(text);
      console.log('trying');
      console.log(gap * 10 + size);
    });`;

  test('runs the exercise, tells every episode, and goes on', async () => {
    writeFileSync(file('exercise.mjs'), sum);
    const first = await teach(['--set', 'episodes=10', 'fitEvery=4']);
    expect(first.code).toBe(0);
    expect(first.stderr).toContain('rounded to whole numbers: size');
    expect(first.stderr).toContain('at most 1 Gaussians');
    expect(first.stdout).toMatch(/of 200 fixed tasks, .*: \d+ % mastered, \d+ % in progress, \d+ % hopeless/);
    const [head, ...before] = rows('taught/alp-gmm');
    expect(head).toBe('gap,size,component,reward,score,alp');
    expect(before).toHaveLength(10);
    for (const line of before) {
      const [gap, size, , reward, score] = line.split(',').map(Number);
      expect(reward).toBeCloseTo(gap! * 10 + size!, 9);
      expect(score).toBeCloseTo(reward! / 120, 9);
      expect(Number.isInteger(size)).toBe(true);
    }
    await teach(['--set', 'episodes=12', 'fitEvery=4']);
    expect(rows('taught/alp-gmm')).toHaveLength(13);
    expect(rows('taught/alp-gmm').slice(1, 11)).toEqual(before);
    const mixtures = JSON.parse(readFileSync(file('taught/alp-gmm/mixtures.json'), 'utf8'));
    expect(mixtures.map(({ episode }: { episode: number }) => episode)).toEqual([4, 8, 12]);
    expect(mixtures[0].components[0].values).toHaveProperty('gap');
    expect(readFileSync(file('taught/alp-gmm/map.svg'), 'utf8')).toContain('>gap, 0 to 2</text>');
    const other = await teach(['--set', 'episodes=12', 'fitEvery=4', 'randomShare=0.5']);
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringContaining('randomShare: 0.2 there, 0.5 now'),
    ]);
  });

  test('goes on after kill -9 to the same episodes', async () => {
    writeFileSync(file('exercise.mjs'), sum);
    const words = (out: string) => ['--out', out, '--set', 'episodes=14', 'fitEvery=5'];
    await teach(words('whole'));
    const started = startNode(
      [bin, 'teach', 'alp-gmm', '--data', 'exercise.json', ...words('cut')],
      work.path,
    );
    const journal = file('cut/trials/episodes.jsonl');
    while (!existsSync(journal) || readFileSync(journal, 'utf8').split('\n').length < 8) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    started.kill('SIGKILL');
    await started.ended;
    expect(existsSync(file('cut/episodes.csv'))).toBe(false);
    await teach(words('cut'));
    expect(rows('cut')).toEqual(rows('whole'));
  });

  test('a log alone is replayed, and with a program it is what teaching begins from', async () => {
    const log = Array.from({ length: 60 }, (_, i) => `${(i % 20) / 10},${1 + (i % 7)},${i},${60 - i}\n`);
    writeFileSync(file('log.csv'), `gap,size,score,time\n${log.join('')}`);
    const { command: _, ...described } = exercise;
    const replayed = await teach(['--out', 'replayed', '--set', 'fitEvery=30'], {
      ...described,
      log: 'log.csv',
    });
    expect(replayed.code).toBe(0);
    expect(rows('replayed')).toHaveLength(61);
    // The last row has the least time.
    expect(rows('replayed')[1]).toMatch(/^1\.9,\d,log,59,/);
    writeFileSync(file('exercise.mjs'), sum);
    await teach(['--out', 'warm', '--set', 'episodes=3', 'fitEvery=30'], { ...exercise, log: 'log.csv' });
    expect(rows('warm').slice(0, 61)).toEqual(rows('replayed'));
    expect(rows('warm')).toHaveLength(64);
  });

  test.each([
    [{ parameters: [{ name: 'gap', min: 2, max: 2 }] }, 'parameters.0: gap: max must be greater than min'],
    [
      { parameters: [{ name: 'gap', min: 0, max: 2, scale: 'log' }] },
      'gap: a log scale needs a positive min',
    ],
    [
      { parameters: [{ name: 'gap', min: 0, max: 2, choices: ['a'] }] },
      'a parameter of choices has no order',
    ],
    [{ command: undefined }, 'a command, a url or a log is needed'],
    [{ url: 'http://127.0.0.1:1/', command: undefined }, 'no answer: '],
    [{ log: 'nowhere.csv' }, 'nowhere.csv'],
    [{ reward: [1, 0] }, 'reward: high must be above low'],
    [{ command: ['/no/such/program'] }, 'ENOENT'],
    [{ command: [process.execPath, '-e', 'console.log("well done")'] }, 'no reward: well done'],
    [{ command: [process.execPath, '-e', 'process.exit(3)'] }, 'the exercise ended with 3'],
  ])('%o is told', async (changes, message) => {
    const { code, stderr } = await teach(['--out', 'bad'], { ...exercise, ...changes });
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('unexpected error');
  });
});

describe('teach cyclical-curriculum', () => {
  test('teaches, compares and ships a student, and lists the hardest examples', async () => {
    writeTickets(file('tickets.csv'), 500);
    const words = ['teach', 'cyclical-curriculum', '--data', 'tickets.csv'];
    const set = ['--set', 'passes=4', 'scoringPasses=2', 'seeds=1'];
    const { code, stdout } = await tutelage([...words, ...set], work.path);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^plain: \d+\.\d\s% in the test$/m);
    const { shares, rows } = JSON.parse(readFileSync(file('taught/cyclical-curriculum/curves.json'), 'utf8'));
    expect(shares).toEqual([0.25, 0.5, 1, 0.5, 0.25, 0.5, 1]);
    expect(rows.map(({ validation }: { validation: number[] }) => validation.length)).toEqual([4, 7, 7]);
    const hardest = readFileSync(file('taught/cyclical-curriculum/hardest.jsonl'), 'utf8').trim().split('\n');
    expect(hardest).toHaveLength(50);
    const losses = hardest.map((line) => JSON.parse(line).loss);
    expect(losses).toEqual(losses.toSorted((a: number, b: number) => b - a));
    const record = JSON.parse(readFileSync(file('taught/cyclical-curriculum/taught.json'), 'utf8'));
    expect(record).toMatchObject({
      method: 'cyclical-curriculum',
      data: 'tickets.csv',
      seed: 1,
      isWhole: true,
    });
    expect(record.settings).toMatchObject({ passes: 4, seeds: 1 });
    expect(record.lines).toEqual(stdout.trimEnd().split('\n'));
    const student = file('taught/cyclical-curriculum/student');
    const { stdout: answer } = await tutelage(['predict', student, 'my invoice payment'], work.path);
    expect(answer).toContain('billing');
    const other = await tutelage(['teach', 'cyclical-curriculum', '--data', 'others.csv'], work.path);
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringContaining('cyclical-curriculum of tickets.csv, not cyclical-curriculum of others.csv'),
    ]);
  });

  test('goes on after kill -9 to the same result, and tells when parameters have changed', async () => {
    writeTickets(file('tickets.csv'), 500);
    const words = (out: string, passes = 4) => {
      const set = ['--set', `passes=${passes}`, 'scoringPasses=2', 'seeds=2'];
      return ['teach', 'cyclical-curriculum', '--data', 'tickets.csv', '--out', out, ...set];
    };
    const undisturbed = await tutelage(words('undisturbed'), work.path);
    const killed = startNode([bin, ...words('killed')], work.path);
    await killed.says(/seed 2: plain/);
    killed.kill('SIGKILL');
    expect((await killed.ended).signal).toBe('SIGKILL');
    const resumed = await tutelage(words('killed'), work.path);
    expect(resumed.stderr).not.toContain('seed 1');
    expect(resumed.stdout).toBe(undisturbed.stdout.replaceAll('undisturbed', 'killed'));
    for (const name of ['curves.json', 'hardest.jsonl', 'trials/outcomes.jsonl', 'student/model.onnx']) {
      expect(readFileSync(file('killed', name)), name).toEqual(readFileSync(file('undisturbed', name)));
    }
    const other = await tutelage(words('killed', 5), work.path);
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('passes: 4 there, 5 now')]);
  });

  test('parts of fewer examples than a batch are refused', async () => {
    writeTickets(file('few.csv'), 100);
    const { code, stderr } = await tutelage(
      ['teach', 'cyclical-curriculum', '--data', 'few.csv', '--out', 'few'],
      work.path,
    );
    expect(code).toBe(1);
    expect(stderr).toContain('hint: raise start');
  });
});

describe('compare --data', () => {
  const things = ['card', 'loan', 'cheque', 'deposit', 'transfer'];
  const states = ['is lost', 'has expired', 'is late', 'was refused'];
  const rows = things.flatMap((thing) =>
    states.map((state) => [`my ${thing} ${state}`, `when a ${thing} ${state}`]),
  );

  test('sets methods of one task side by side, what they share once', async () => {
    const data = file('pairs.tsv');
    writeFileSync(data, `left\tright\n${rows.map((row) => row.join('\t')).join('\n')}\n`);
    const set = ['--set', 'steps=3', 'encoder=word-bag', 'batchSize=4', 'candidates=3', 'topicSize=4'];
    const words = ['compare', 'tas-balanced', 'cprd', '--data', data, ...set];
    const { code, stdout } = await tutelage(words, work.path);
    expect(code).toBe(0);
    const lines = stdout.trim().split('\n');
    expect(lines[0]).toMatch(/^method +arm +nDCG@10 \(95 %\) +MRR@10/);
    expect(lines.filter((line) => line.includes('BM25 '))).toHaveLength(1);
    expect(lines.filter((line) => /^tas-balanced +TAS-Balanced +\d\.\d{3} \(/.test(line))).toHaveLength(1);
    expect(lines.filter((line) => /^cprd +CPRD +\d\.\d{3} \(/.test(line))).toHaveLength(1);
    expect(existsSync(file('compared', 'cprd', 'student', 'model.onnx'))).toBe(true);
  });

  test.each([
    [
      ['cprd', 'cyclical-curriculum'],
      'methods of different tasks: cprd (retrieval), cyclical-curriculum (classification)',
    ],
    [['cprd', 'alp-gmm'], 'nothing to compare alp-gmm with'],
    [['cprd', 'tas-balanced', '--set', 'speed=3'], '--set: no method has this parameter: speed=3'],
    [['cprd', 'tas-balanced', '--set', 'bins=no'], '--set: bins=no: invalid input'],
  ])('%j is refused', async (words, message) => {
    const { code, stderr } = await tutelage(['compare', ...words, '--data', file('pairs.tsv')], work.path);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
