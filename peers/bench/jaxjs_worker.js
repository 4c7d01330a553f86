import { blockUntilReady, init, jit, lax, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import { initial, makeBatch, optimizer, parameterShapes, serve, sizeOf } from './worker.js';

// Arrays are reference-counted: a use consumes them, and `.ref` keeps them for another use.

await init('wasm');
await serve('@jax-js/jax', create, 'not written for this peer');

function create(spec) {
  const forward = { mlp, gpt }[spec.model];
  if (!forward) return undefined;
  const shapes = parameterShapes(spec);
  const array = ({ shape, values }) =>
    np.array(values, { dtype: values instanceof Int32Array ? np.int32 : np.float32 }).reshape(shape);
  let parameters = Object.fromEntries(
    Object.entries(shapes).map(([name, shape], seed) => [
      name,
      array({ shape, values: initial(name, shape, seed) }),
    ]),
  );
  let means = tree.map((p) => np.zeros(p.shape), parameters);
  let squares = tree.map((p) => np.zeros(p.shape), parameters);
  const { input, labels } = makeBatch(spec);
  const x = array(input);
  const classes = spec.classes ?? spec.vocabulary;
  const targets = nn.oneHot(array(labels), classes);

  const loss = (weights, inputs, wanted) =>
    nn
      .logSoftmax(forward(weights, inputs, spec), -1)
      .mul(wanted)
      .sum()
      .mul(-1 / labels.values.length);
  const update = jit((weights, m, v, corrections, inputs, wanted) => {
    const [value, gradients] = valueAndGrad(loss)(tree.ref(weights), inputs, wanted);
    return [value, ...adamw(weights, gradients, m, v, corrections)];
  });

  let count = 0;
  const step = async () => {
    count++;
    const corrections = np.array(optimizer.betas.map((beta) => 1 / (1 - beta ** count)));
    const state = update(parameters, means, squares, corrections, x.ref, targets.ref);
    const value = state[0];
    [, parameters, means, squares] = state;
    await blockUntilReady(parameters);
    return (await value.data())[0];
  };
  const dispose = () => tree.dispose([parameters, means, squares, x, targets]);
  return {
    step,
    dispose,
    parameters: Object.values(shapes).reduce((sum, shape) => sum + sizeOf(shape), 0),
  };
}

/** New parameters, means and squares; `corrections` holds the inverse bias corrections of both moments. */
function adamw(parameters, gradients, means, squares, corrections) {
  const { learningRate, betas, epsilon, weightDecay } = optimizer;
  const [first, second] = np.split(corrections, 2);
  const blend = (beta, old, value) => old.mul(beta).add(value.mul(1 - beta));
  const newMeans = tree.map((m, g) => blend(betas[0], m, g.ref), means, gradients);
  const newSquares = tree.map((v, g) => blend(betas[1], v, np.square(g)), squares, gradients);
  const newParameters = tree.map(
    (p, m, v) => {
      const direction = m.ref
        .mul(first.ref)
        .div(np.sqrt(v.ref.mul(second.ref)).add(epsilon))
        .mul(learningRate);
      return p.mul(1 - learningRate * weightDecay).sub(direction);
    },
    parameters,
    newMeans,
    newSquares,
  );
  tree.dispose([first, second]);
  return [newParameters, newMeans, newSquares];
}

function mlp(weights, x, spec) {
  let hidden = x;
  for (let i = 0; i <= spec.hidden.length; i++) {
    hidden = np.matmul(hidden, weights[`weight${i}`]).add(weights[`bias${i}`]);
    if (i < spec.hidden.length) hidden = nn.relu(hidden);
  }
  return hidden;
}

function gpt(weights, tokens, spec) {
  const { batch, block, vocabulary, width } = spec;
  const norm = (x, name) => {
    const centered = x.ref.sub(np.mean(x, -1, { keepdims: true }));
    const variance = np.mean(np.square(centered.ref), -1, { keepdims: true });
    return centered.div(np.sqrt(variance.add(spec.layerNormEpsilon))).mul(weights[name]);
  };
  const embedded = np.matmul(nn.oneHot(tokens, vocabulary), weights.tokens.ref);
  let x = embedded.reshape([batch, block, width]).add(weights.positions).reshape([-1, width]);
  for (let i = 0; i < spec.layers; i++) {
    const qkv = np.matmul(norm(x.ref, `norm1.${i}`), weights[`qkv.${i}`]);
    const attended = attention(qkv, spec);
    x = x.add(np.matmul(attended, weights[`output.${i}`]));
    const up = np.matmul(norm(x.ref, `norm2.${i}`), weights[`up.${i}`]);
    const gelu = up.ref.mul(lax.erf(up.mul(Math.SQRT1_2)).add(1)).mul(0.5);
    x = x.add(np.matmul(gelu, weights[`down.${i}`]));
  }
  return np.matmul(norm(x, 'norm'), np.transpose(weights.tokens));
}

/** By hand, since the library's own attention needs Node 22. */
function attention(qkv, { batch, block, heads, width }) {
  const head = width / heads;
  const split = (part, axes) => np.transpose(part.reshape([batch, block, heads, head]), axes);
  const [q, k, v] = np.split(qkv, 3, 1);
  const scores = np.matmul(split(q, [0, 2, 1, 3]), split(k, [0, 2, 3, 1])).mul(1 / Math.sqrt(head));
  const mask = np.tri(block).sub(1).mul(1e9);
  const context = np.matmul(nn.softmax(scores.add(mask), -1), split(v, [0, 2, 1, 3]));
  return np.transpose(context, [0, 2, 1, 3]).reshape([-1, width]);
}
