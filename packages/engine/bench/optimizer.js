// Optimizer updates of ten million parameters, against copying the bytes that they touch; and random numbers.
//
//   npm run build && node packages/engine/bench/optimizer.js

import { fileURLToPath } from 'node:url';
import * as engine from '../dist/optim/index.js';

const PARAMETERS = 10_000_000;
const TENSORS = 1000;
const REPEATS = 15;

/** Median milliseconds of a call, once it has been compiled. */
function time(call) {
  for (let index = 0; index < 3; index += 1) call();
  const times = Array.from({ length: REPEATS }, () => {
    const start = performance.now();
    call();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[Math.floor(REPEATS / 2)];
}

/** The update pass alone, over `tensors` tensors that the kernel takes together, or each in a group of its own. */
function timeUpdate(optimizer, tensors = 1, separate = false) {
  const requests = Array.from({ length: tensors }, (_, i) => ({
    name: `tensor${i}`,
    size: PARAMETERS / tensors,
    group: separate ? i : 0,
  }));
  const arena = engine.createArena(requests, optimizer.slots.length);
  fillWithNumbers(arena.tensors);
  const settings = { step: 1, learningRate: 1e-3, weightDecay: 0.01, gradientScale: 0.5 };
  return time(() => {
    for (const range of arena.ranges) optimizer.update(range, settings);
  });
}

/** What training calls: norm, check, clipping and update. */
function timeStep(optimizer) {
  const bound = engine.bindOptimizer(optimizer, [{ name: 'w', size: PARAMETERS }], { clipNorm: 1 });
  fillWithNumbers(bound.tensors);
  return time(() => bound.step());
}

function fillWithNumbers(tensors) {
  for (const { parameter, gradient } of tensors.values()) {
    engine.fillNormal(parameter, engine.key(1));
    engine.fillNormal(gradient, engine.key(2));
  }
}

function timeLoop() {
  const [p, g, m, v] = [0.5, 0.1, 0, 0].map((x) => new Float32Array(PARAMETERS).fill(x));
  return time(() => {
    for (let i = 0; i < PARAMETERS; i += 1) {
      m[i] = 0.9 * m[i] + 0.1 * g[i];
      v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
      p[i] = p[i] * 0.99999 - (1e-3 * m[i]) / (Math.sqrt(v[i]) + 1e-8);
    }
  });
}

/** Half of the bytes are read and half are written. */
function timeCopy(bytesPerParameter) {
  const source = new Float32Array((bytesPerParameter / 8) * PARAMETERS).fill(1);
  const target = new Float32Array(source.length).fill(2);
  return time(() => target.set(source));
}

function row(name, bytesPerParameter, milliseconds) {
  const copy = timeCopy(bytesPerParameter);
  return {
    name,
    milliseconds: round(milliseconds),
    copy: round(copy),
    ratio: round(milliseconds / copy),
    'GB/s': round((bytesPerParameter * PARAMETERS) / milliseconds / 1e6),
  };
}

function random(name, fill) {
  const view = new Float32Array(PARAMETERS);
  return { name, milliseconds: round(time(() => fill(view))) };
}

function round(x) {
  return Number(x.toPrecision(3));
}

/** Rows of milliseconds for ten million numbers; for updates, also of a copy that moves as many bytes. */
export async function run() {
  const { adagrad, adamw, key, lion, sgd } = engine;
  const seed = key(3);
  return [
    row('sgd', 12, timeUpdate(sgd())),
    row('sgd with momentum', 20, timeUpdate(sgd({ momentum: 0.9 }))),
    row('adagrad', 20, timeUpdate(adagrad())),
    row('lion', 20, timeUpdate(lion())),
    row('adamw', 28, timeUpdate(adamw())),
    row(`adamw, ${TENSORS} tensors in one group`, 28, timeUpdate(adamw(), TENSORS)),
    row(`adamw, ${TENSORS} groups`, 28, timeUpdate(adamw(), TENSORS, true)),
    row('adamw with norm and clipping', 32, timeStep(adamw())),
    row('adamw as a JavaScript loop', 28, timeLoop()),
    random('fillUniform', (view) => engine.fillUniform(view, seed)),
    random('fillNormal', (view) => engine.fillNormal(view, seed)),
    random('fillGumbel', (view) => engine.fillGumbel(view, seed)),
    random('fillBernoulli', (view) => engine.fillBernoulli(view, seed, 0, 0.9)),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.table(await run());
