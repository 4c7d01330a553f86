import { existsSync, readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { gunzipSync } from 'node:zlib';
import {
  argMax,
  createTrainer,
  crossEntropy,
  jit,
  mapTree,
  nn,
  optim,
  random,
  sum,
  tensor,
  vmap,
} from '@tutelage/engine';
import { gpt, initGpt } from '../packages/tutelage/dist/models/gpt.js';
import { initMlp, mlp } from '../packages/tutelage/dist/models/mlp.js';
import { initResnet, resnet } from '../packages/tutelage/dist/models/resnet.js';
import { digits, shuffled } from './digits.js';
import { wordProblems } from './word-problems.js';
import { build, workloads } from './workloads.js';

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const mean = (xs) => xs.reduce((a, b) => a + b, 0) / xs.length;
const median = (xs) => [...xs].sort((a, b) => a - b)[xs.length >> 1];

function permutation(size, seed, epoch) {
  const words = new Uint32Array(size);
  random.fillBits(words, random.foldIn(random.key(`order ${seed}`), epoch));
  return shuffled(size, words);
}

function batchOf({ pixels, classes }, rows, shape) {
  const data = new Float32Array(rows.length * 784);
  rows.forEach((row, i) => {
    data.set(pixels.subarray(row * 784, (row + 1) * 784), i * 784);
  });
  return {
    x: tensor(data, [rows.length, ...shape]),
    y: tensor(Int32Array.from(rows, (row) => classes[row])),
  };
}

async function accuracy(model, params, test, shape) {
  const predict = jit((p, x) => argMax(model(p, x)), { threads: 1 });
  let right = 0;
  for (let start = 0; start < test.size; start += 500) {
    const rows = Int32Array.from({ length: 500 }, (_, i) => start + i);
    const { x, y } = batchOf(test, rows, shape);
    const { data } = await predict(params, x);
    data.forEach((c, i) => {
      if (c === y.data[i]) right++;
    });
  }
  await predict.dispose();
  return right / test.size;
}

/** MNIST to 98 %: 784-128-10, batches of 64, three epochs of SGD with momentum; training CPU seconds on one thread. */
async function mnist98() {
  const [train, test] = [digits('train'), digits('test')];
  const model = (p, x) => mlp(p, x);
  const runs = [];
  for (let seed = 0; seed < 5; seed++) {
    const total = 3 * Math.floor(train.size / 64);
    const trainer = createTrainer({
      params: initMlp(random.key(seed), { inputs: 784, hidden: [128], classes: 10 }),
      loss: (p, b) => crossEntropy(model(p, b.x), b.y),
      optimizer: optim.sgd({ learningRate: 0.05, momentum: 0.9 }),
      schedule: optim.linear({ total, warmup: 100 }),
      threads: 1,
    });
    const start = cpuSeconds();
    for (let step = 0; step < total; ) {
      const order = permutation(train.size, seed, step);
      for (let at = 0; at + 64 <= train.size; at += 64, step++) {
        await trainer.step(batchOf(train, order.subarray(at, at + 64), [784]));
      }
    }
    const seconds = cpuSeconds() - start;
    runs.push({ seconds, accuracy: await accuracy(model, trainer.params, test, [784]) });
    await trainer.dispose();
  }
  return {
    record: 'MNIST, 784-128-10, 3 epochs',
    result: `${(100 * mean(runs.map((r) => r.accuracy))).toFixed(2)} % test, mean of five seeds`,
    cost: `${median(runs.map((r) => r.seconds)).toFixed(2)} CPU s (median), ${Math.min(...runs.map((r) => r.seconds)).toFixed(2)} best`,
    runs,
  };
}

/** MNIST to 99 %: a residual net of eight layers, two epochs. */
async function mnist99() {
  const [train, test] = [digits('train'), digits('test')];
  const { params, state } = initResnet(random.key(0), {
    channels: 1,
    widths: [16, 32, 64],
    blocks: 1,
    classes: 10,
  });
  const total = 2 * Math.floor(train.size / 128);
  const trainer = createTrainer({
    params,
    loss: (p, b) => {
      const { logits, statistics } = resnet(p, b.x);
      return [crossEntropy(logits, b.y), statistics];
    },
    optimizer: optim.adamw({ learningRate: 0.01, weightDecay: 0.01 }),
    schedule: optim.cosine({ total, warmup: 50 }),
    threads: 2,
  });
  let running = state;
  const start = performance.now();
  for (let step = 0; step < total; ) {
    const order = permutation(train.size, 0, step);
    for (let at = 0; at + 128 <= train.size; at += 128, step++) {
      const { aux } = await trainer.step(batchOf(train, order.subarray(at, at + 128), [1, 28, 28]));
      running = nn.updateStatistics(running, aux);
    }
  }
  const seconds = (performance.now() - start) / 1000;
  const found = await accuracy(
    (p, x) => resnet(p.net, x, p.state).logits,
    { net: trainer.params, state: running },
    test,
    [1, 28, 28],
  );
  await trainer.dispose();
  return {
    record: 'MNIST, ResNet-8, 2 epochs',
    result: `${(100 * found).toFixed(2)} % test`,
    cost: `${seconds.toFixed(0)} s on two threads`,
  };
}

/** nanoGPT's laptop run on Shakespeare: 4 layers, 4 heads, width 128, block 64, batch 12, 2,000 steps. */
async function shakespeare() {
  const path = process.env.TUTELAGE_SHAKESPEARE ?? '../shared/data/tinyshakespeare/input.txt.gz';
  if (!existsSync(path))
    return { record: 'Shakespeare', result: '–', cost: `no file ${path}: set TUTELAGE_SHAKESPEARE` };
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString();
  const alphabet = [...new Set(text)].sort();
  const code = new Map(alphabet.map((c, i) => [c, i]));
  const ids = Int32Array.from(text, (c) => code.get(c));
  const [train, test] = [
    ids.subarray(0, Math.floor(ids.length * 0.9)),
    ids.subarray(Math.floor(ids.length * 0.9)),
  ];
  const [batch, block, steps] = [12, 64, 2000];
  const config = { vocabulary: alphabet.length, block, width: 128, layers: 4, heads: 4 };
  const at = (data, starts) => ({
    tokens: tensor(Int32Array.from(starts.flatMap((s) => [...data.subarray(s, s + block)])), [
      starts.length,
      block,
    ]),
    targets: tensor(Int32Array.from(starts.flatMap((s) => [...data.subarray(s + 1, s + block + 1)])), [
      starts.length,
      block,
    ]),
  });
  const loss = (p, b) => crossEntropy(gpt(p, config, b.tokens), b.targets);
  const trainer = createTrainer({
    params: initGpt(random.key(1337), config),
    loss,
    optimizer: optim.adamw({ learningRate: 1e-3, beta2: 0.99, weightDecay: 0.1 }),
    groups: [{ match: /ln_/, weightDecay: 0 }],
    schedule: optim.cosine({ total: steps, warmup: 100, end: 0.1 }),
    clipNorm: 1,
    threads: 2,
  });
  const words = new Uint32Array(batch * steps);
  random.fillBits(words, random.key('shakespeare'));
  const start = performance.now();
  for (let step = 0; step < steps; step++) {
    const starts = [...words.subarray(step * batch, (step + 1) * batch)].map(
      (w) => w % (train.length - block - 1),
    );
    await trainer.step(at(train, starts));
  }
  const minutes = (performance.now() - start) / 60_000;
  const measure = jit(loss);
  const losses = [];
  const windows = Math.floor((test.length - 1) / block);
  for (let i = 0; i + 16 <= windows; i += 16) {
    losses.push(
      Number(
        (
          await measure(
            trainer.params,
            at(
              test,
              Array.from({ length: 16 }, (_, k) => (i + k) * block),
            ),
          )
        ).data[0],
      ),
    );
  }
  await measure.dispose();
  await trainer.dispose();
  return {
    record: "Shakespeare, nanoGPT's laptop settings",
    result: `validation loss ${mean(losses).toFixed(3)} over all of the last tenth (nanoGPT: 1.88)`,
    cost: `${minutes.toFixed(2)} minutes on two threads`,
  };
}

/** Eight seeds of one small model trained together, against one seed. */
async function eightSeeds() {
  const rows = [];
  for (const name of ['mlp', 'gpt-1m']) {
    const { params, loss, batch } = build(workloads[name]);
    const stacked = mapTree(params, (t) => {
      const data = new Float32Array(8 * t.data.length);
      for (let lane = 0; lane < 8; lane++) data.set(t.data, lane * t.data.length);
      return tensor(data, [8, ...t.shape]);
    });
    const together = vmap(loss, ['stacked', 'shared']);
    const options = { optimizer: optim.adamw(), threads: 1 };
    const one = createTrainer({ ...options, params, loss });
    const eight = createTrainer({ ...options, params: stacked, loss: (p, b) => sum(together(p, b)) });
    const times = { one: [], eight: [] };
    for (let i = 0; i < 40; i++) {
      for (const [side, trainer] of [
        ['one', one],
        ['eight', eight],
      ]) {
        const start = cpuSeconds();
        await trainer.step(batch);
        if (i >= 5) times[side].push(1000 * (cpuSeconds() - start));
      }
    }
    for (const t of [one, eight]) await t.dispose();
    const [single, all] = [median(times.one), median(times.eight)];
    rows.push(
      `${name}: ${(all / single).toFixed(2)} times one seed (${single.toFixed(2)} and ${all.toFixed(2)} CPU ms a step)`,
    );
  }
  return { record: 'Eight seeds in one graph, one thread', result: rows.join('; '), cost: '' };
}

const records = { mnist98, mnist99, shakespeare, eightSeeds, wordProblems };

/** Runs the records named, or all. */
export async function benchmarkRecords(names) {
  console.log(
    `${cpus()[0].model}, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}, Node ${process.version}\n`,
  );
  console.log('| record | result | cost |\n|---|---|---|');
  for (const name of names.length > 0 ? names : Object.keys(records)) {
    if (!records[name])
      throw new Error(`unknown record: ${name}; records: ${Object.keys(records).join(', ')}`);
    const { record, result, cost } = await records[name]();
    console.log(`| ${record} | ${result} | ${cost} |`);
  }
}
