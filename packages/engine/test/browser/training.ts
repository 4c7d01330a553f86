import {
  add,
  type Concrete,
  conv,
  createTrainer,
  gelu,
  mean,
  mul,
  nn,
  optim,
  random,
  relu,
  reshape,
  type SessionOptions,
  silu,
  softmaxCrossEntropy,
  split,
  sub,
  type Tensor,
  tensor,
  transpose,
  type Value,
} from '../../src/api.js';

/*
 * Small models that a page and Node train alike. Whoever imports this file chooses the runtime.
 */

const steps = 30;
const optimizer = optim.adamw({ learningRate: 3e-3, weightDecay: 0.01 });

const drawn = (name: string, shape: readonly number[]) => nn.normal(1)(random.key(name), shape);
const labels = (count: number, classes: number) =>
  tensor(Int32Array.from({ length: count }, (_, i) => (i * i + 3 * i) % classes));
const crossEntropy = (logits: Value, y: Value) => mean(softmaxCrossEntropy(logits, y).loss);

async function losses<P, B>(
  params: Concrete<P>,
  loss: (p: P, batch: B) => Value,
  batch: Concrete<B>,
  options: SessionOptions,
): Promise<number[]> {
  const trainer = createTrainer<P, B, Value>({ params, loss, optimizer, ...options });
  const curve: number[] = [];
  for (let i = 0; i < steps; i++) curve.push((await trainer.step(batch)).loss);
  await trainer.dispose();
  return curve;
}

function mlp(options: SessionOptions): Promise<number[]> {
  const params = {
    hidden: nn.initLinear(random.key('hidden'), 12, 32),
    output: nn.initLinear(random.key('output'), 32, 3),
  };
  type Params = { readonly hidden: nn.Linear<Value>; readonly output: nn.Linear<Value> };
  const loss = (p: Params, { x, y }: { readonly x: Value; readonly y: Value }) => {
    const error = sub(nn.linear(p.output, gelu(nn.linear(p.hidden, x))), y);
    return mean(mul(error, error));
  };
  const batch = { x: drawn('x', [24, 12]), y: drawn('y', [24, 3]) };
  return losses(params, loss, batch, options);
}

/** Enough channels for the blocked kernels that Node's runtime has. */
function convnet(options: SessionOptions): Promise<number[]> {
  const params = {
    first: nn.kaimingNormal()(random.key('first'), [16, 1, 3, 3]),
    second: nn.kaimingNormal()(random.key('second'), [16, 16, 3, 3]),
    output: nn.initLinear(random.key('output'), 16, 4),
  };
  type Params = { readonly first: Value; readonly second: Value; readonly output: nn.Linear<Value> };
  const loss = (p: Params, { x, y }: { readonly x: Value; readonly y: Value }) => {
    const first = relu(conv(x, p.first, { padding: 1 }));
    const second = relu(conv(first, p.second, { padding: 1, stride: 2 }));
    return crossEntropy(nn.linear(p.output, mean(second, { axes: [2, 3] })), y);
  };
  const batch = { x: drawn('images', [16, 1, 8, 8]), y: labels(16, 4) };
  return losses(params, loss, batch, options);
}

function transformer(options: SessionOptions): Promise<number[]> {
  const [tokens, length, width, heads] = [11, 7, 16, 2];
  const named = (name: string) => random.foldIn(random.key('transformer'), name);
  const params = {
    tokens: nn.initEmbedding(named('tokens'), tokens, width, 0.5),
    places: nn.initEmbedding(named('places'), length, width, 0.5),
    inner: nn.initLinear(named('inner'), width, 3 * width),
    outer: nn.initLinear(named('outer'), width, width),
    gate: nn.initLinear(named('gate'), width, width),
  };
  type Params = {
    readonly [K in 'tokens' | 'places']: nn.Embedding<Value>;
  } & { readonly [K in 'inner' | 'outer' | 'gate']: nn.Linear<Value> };
  const loss = (p: Params, { ids, next }: { readonly ids: Value; readonly next: Value }) => {
    const [batch] = ids.shape as [number, number];
    const x = add(nn.embed(p.tokens, ids), p.places.weight);
    const [q, k, v] = split(nn.linear(p.inner, x), 3, 2).map((part) =>
      transpose(reshape(part, [batch, length, heads, width / heads]), [0, 2, 1, 3]),
    ) as [Value, Value, Value];
    const seen = transpose(nn.attention(q, k, v, { causal: true }), [0, 2, 1, 3]);
    const y = add(x, nn.linear(p.outer, reshape(seen, [batch, length, width])));
    const gated = add(y, silu(nn.linear(p.gate, y)));
    return crossEntropy(nn.linear({ weight: p.tokens.weight }, gated), next);
  };
  const ids = Int32Array.from({ length: 6 * (length + 1) }, (_, i) => (i * 7 + (i >> 3) * 5) % tokens);
  const window = (from: number): Tensor =>
    tensor(
      ids.filter((_, i) => {
        const place = (i % (length + 1)) - from;
        return place >= 0 && place < length;
      }),
      [6, length],
    );
  const batch = { ids: window(0), next: window(1) };
  return losses(params, loss, batch, options);
}

/** Loss curves by model. */
export async function curves(options: SessionOptions): Promise<Record<string, number[]>> {
  return {
    mlp: await mlp(options),
    convnet: await convnet(options),
    transformer: await transformer(options),
  };
}

/** Bits of random numbers of every kind. */
export function randomBits(): Record<string, number[]> {
  const key = random.foldIn(random.key('page'), 7);
  const bits = (fill: (view: Float32Array) => void) => {
    const view = new Float32Array(1000);
    fill(view);
    return Array.from(new Uint32Array(view.buffer));
  };
  return {
    uniform: bits((v) => random.fillUniform(v, key)),
    normal: bits((v) => random.fillNormal(v, key)),
    gumbel: bits((v) => random.fillGumbel(v, key)),
    bernoulli: bits((v) => random.fillBernoulli(v, key, 0, 0.3)),
  };
}
