// One training step of a CIFAR ResNet-8 (He et al. 2016, section 4.2, with n = 1): forward, backward and plain SGD as one
// compiled function. Prints milliseconds of CPU and of wall time for each number of threads: the best and the median.
//
//   node packages/engine/bench/resnet.js [threads ...]
import {
  add,
  batchNorm,
  conv,
  jit,
  logSoftmax,
  matmul,
  mean,
  mul,
  neg,
  relu,
  sub,
  sum,
  tensor,
  valueAndGrad,
} from '../dist/index.js';

const batch = 64;
const rounds = 40;

/** Not random, but good enough to be trained on. */
const filled = (shape, scale) =>
  tensor(
    Float32Array.from(
      { length: shape.reduce((a, b) => a * b, 1) },
      (_, i) => Math.sin(i * 12.9898 + shape.length) * scale,
    ),
    shape,
  );
const initConv = (inputs, outputs, size) => ({
  weight: filled([outputs, inputs, size, size], Math.sqrt(2 / (inputs * size * size))),
  scale: tensor(new Float32Array(outputs).fill(1)),
  bias: tensor(new Float32Array(outputs)),
});
const initBlock = (inputs, outputs) => ({
  first: initConv(inputs, outputs, 3),
  second: initConv(outputs, outputs, 3),
  ...(inputs === outputs ? {} : { shortcut: initConv(inputs, outputs, 1) }),
});
const init = () => ({
  stem: initConv(3, 16, 3),
  blocks: [initBlock(16, 16), initBlock(16, 32), initBlock(32, 64)],
  head: { weight: filled([64, 10], 0.1), bias: tensor(new Float32Array(10)) },
});

const convolved = (p, x, options) => batchNorm(conv(x, p.weight, options), p).y;

function block(p, x) {
  const stride = p.shortcut ? 2 : 1;
  const h = relu(convolved(p.first, x, { padding: 1, stride }));
  const shortcut = p.shortcut ? convolved(p.shortcut, x, { stride }) : x;
  return relu(add(convolved(p.second, h, { padding: 1 }), shortcut));
}

function loss(p, x, target) {
  const features = p.blocks.reduce((h, b) => block(b, h), relu(convolved(p.stem, x, { padding: 1 })));
  const logits = add(matmul(mean(features, { axes: [2, 3] }), p.head.weight), p.head.bias);
  return neg(mean(sum(mul(logSoftmax(logits), target), { axes: 1 })));
}

const map = (tree, grads, fn) =>
  Array.isArray(tree)
    ? tree.map((t, i) => map(t, grads[i], fn))
    : 'shape' in tree
      ? fn(tree, grads)
      : Object.fromEntries(Object.entries(tree).map(([k, t]) => [k, map(t, grads[k], fn)]));

const images = filled([batch, 3, 32, 32], 1);
const targets = tensor(
  Float32Array.from({ length: batch * 10 }, (_, i) => (i % 10 === Math.floor(i / 10) % 10 ? 1 : 0)),
  [batch, 10],
);

for (const threads of process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 2]) {
  const step = jit(
    (p, x, y) => {
      const { value, grad } = valueAndGrad(loss)(p, x, y);
      return { value, p: map(p, grad, (w, g) => sub(w, mul(g, 0.05))) };
    },
    { threads },
  );
  let p = init();
  const [cpu, wall, values] = [[], [], []];
  for (let i = 0; i < rounds; i++) {
    const [before, start] = [process.cpuUsage(), performance.now()];
    const r = await step(p, images, targets);
    const used = process.cpuUsage(before);
    wall.push(performance.now() - start);
    cpu.push((used.user + used.system) / 1e3);
    values.push(r.value.data[0]);
    p = r.p;
  }
  await step.dispose();
  const [first, last] = [values[0], values.at(-1)];
  const show = (ms) => {
    const sorted = ms.slice(3).sort((a, b) => a - b);
    return `${sorted[0].toFixed(1)} best, ${sorted[sorted.length >> 1].toFixed(1)} median`;
  };
  console.log(
    `threads ${threads}: cpu ${show(cpu)}; wall ${show(wall)}; loss ${first.toFixed(3)} to ${last.toFixed(3)}`,
  );
}
