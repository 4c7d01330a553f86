import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { initial, makeBatch, optimizer, parameterShapes, serve, sizeOf } from './worker.js';

/**
 * a b for matrices and stacks of them. The library's own gradient asks for products with transposed arguments, which
 * are slow on the WASM backend: a step of the small GPT takes 3.5 times as long as when they are transposed first.
 */
const product = tf.customGrad((a, b, save) => {
  save([a, b]);
  const gradFunc = (dy, [left, right]) => [dy.matMul(swapLastAxes(right)), swapLastAxes(left).matMul(dy)];
  return { value: a.matMul(b), gradFunc };
});

await tf.setBackend('wasm');
await serve(
  '@tensorflow/tfjs',
  create,
  'not written for this peer; its WASM backend has no gradient kernels for convolution filters, batch norm or gathers',
);

function create(spec) {
  const forward = { mlp, gpt }[spec.model];
  if (!forward) return undefined;
  const shapes = Object.entries(parameterShapes(spec));
  const parameters = Object.fromEntries(
    shapes.map(([name, shape], seed) => [
      name,
      tf.variable(tf.tensor(initial(name, shape, seed), shape), true, name),
    ]),
  );
  const variables = Object.values(parameters);
  const { input, labels } = makeBatch(spec);
  const x = tf.tensor(input.values, input.shape, input.values instanceof Int32Array ? 'int32' : 'float32');
  const classes = spec.classes ?? spec.vocabulary;
  const targets = tf.tidy(() => tf.oneHot(tf.tensor1d(labels.values, 'int32'), classes).toFloat());
  const { learningRate, betas, epsilon, weightDecay } = optimizer;
  const adam = tf.train.adam(learningRate, ...betas, epsilon);

  const step = () =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(
        () => tf.losses.softmaxCrossEntropy(targets, forward(parameters, x, spec)),
        variables,
      );
      // Adam and a decay of the weights before it make AdamW.
      for (const variable of variables) variable.assign(variable.mul(1 - learningRate * weightDecay));
      adam.applyGradients(grads);
      return value.dataSync()[0];
    });
  const dispose = () => {
    adam.dispose();
    tf.dispose([variables, x, targets]);
  };
  return { step, dispose, parameters: shapes.reduce((sum, [, shape]) => sum + sizeOf(shape), 0) };
}

function swapLastAxes(x) {
  const axes = x.shape.map((_, axis) => axis);
  return x.transpose([...axes.slice(0, -2), ...axes.slice(-2).reverse()]);
}

function mlp(parameters, x, spec) {
  let hidden = x;
  for (let i = 0; i <= spec.hidden.length; i++) {
    hidden = product(hidden, parameters[`weight${i}`]).add(parameters[`bias${i}`]);
    if (i < spec.hidden.length) hidden = hidden.relu();
  }
  return hidden;
}

function gpt(parameters, tokens, spec) {
  const { batch, block, vocabulary, width } = spec;
  const norm = (x, name) => {
    const centered = x.sub(x.mean(-1, true));
    const variance = centered.square().mean(-1, true);
    return centered.mul(variance.add(spec.layerNormEpsilon).rsqrt()).mul(parameters[name]);
  };
  // The gradient of a gather has no kernel in the WASM backend; a product with one-hot rows is cheap at this size.
  const embedded = product(tf.oneHot(tokens, vocabulary).toFloat(), parameters.tokens);
  let x = embedded.reshape([batch, block, width]).add(parameters.positions).reshape([-1, width]);
  const mask = tf.linalg
    .bandPart(tf.ones([block, block]), -1, 0)
    .sub(1)
    .mul(1e9);
  for (let i = 0; i < spec.layers; i++) {
    const attended = attention(product(norm(x, `norm1.${i}`), parameters[`qkv.${i}`]), mask, spec);
    x = x.add(product(attended, parameters[`output.${i}`]));
    const up = product(norm(x, `norm2.${i}`), parameters[`up.${i}`]);
    const gelu = up.mul(up.mul(Math.SQRT1_2).erf().add(1)).mul(0.5);
    x = x.add(product(gelu, parameters[`down.${i}`]));
  }
  return product(norm(x, 'norm'), parameters.tokens.transpose());
}

function attention(qkv, mask, { batch, block, heads, width }) {
  const head = width / heads;
  const [query, key, value] = qkv
    .split(3, 1)
    .map((part) => part.reshape([batch, block, heads, head]).transpose([0, 2, 1, 3]));
  const scores = product(query, swapLastAxes(key))
    .mul(1 / Math.sqrt(head))
    .add(mask);
  return product(scores.softmax(), value).transpose([0, 2, 1, 3]).reshape([-1, width]);
}
