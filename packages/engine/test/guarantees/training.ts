import { createHash } from 'node:crypto';
import type { Tensor } from '../../src/graph/tensor.js';
import { leavesOf, type Tree } from '../../src/graph/tree.js';
import {
  add,
  createTrainer,
  gelu,
  mean,
  nn,
  optim,
  random,
  reshape,
  softmaxCrossEntropy,
  split,
  tensor,
  toNumbers,
  transpose,
  type Value,
} from '../../src/index.js';

const [tokens, length, width, heads, batch] = [50, 16, 32, 4, 8];

type Params = { readonly [K in 'tokens' | 'places']: nn.Embedding<Value> } & {
  readonly [K in 'inner' | 'outer' | 'up' | 'down']: nn.Linear<Value>;
};

/** Embedding, attention, an MLP and dropout: a little of all that adds numbers up in an order. */
function loss(p: Params, { ids, next }: { readonly ids: Value; readonly next: Value }, key: Value): Value {
  const x = random.dropout(
    add(nn.embed(p.tokens, ids), p.places.weight),
    0.1,
    random.foldInTraced(key, 'input'),
  );
  const [q, k, v] = split(nn.linear(p.inner, x), 3, 2).map((part) =>
    transpose(reshape(part, [batch, length, heads, width / heads]), [0, 2, 1, 3]),
  ) as [Value, Value, Value];
  const seen = transpose(nn.attention(q, k, v, { causal: true }), [0, 2, 1, 3]);
  const y = add(x, nn.linear(p.outer, reshape(seen, [batch, length, width])));
  const hidden = random.dropout(gelu(nn.linear(p.up, y)), 0.1, random.foldInTraced(key, 'hidden'));
  const logits = nn.linear({ weight: p.tokens.weight }, add(y, nn.linear(p.down, hidden)));
  return mean(softmaxCrossEntropy(logits, next).loss);
}

/** Hash of all bits of the parameters after 200 steps from fixed seeds. */
export async function trainedBits(threads: number, seed = 1): Promise<string> {
  const key = (name: string) => random.foldIn(random.key('determinism'), name);
  const trainer = createTrainer({
    params: {
      tokens: nn.initEmbedding(key('tokens'), tokens, width),
      places: nn.initEmbedding(key('places'), length, width),
      inner: nn.initLinear(key('inner'), width, 3 * width),
      outer: nn.initLinear(key('outer'), width, width),
      up: nn.initLinear(key('up'), width, 4 * width),
      down: nn.initLinear(key('down'), 4 * width, width),
    },
    loss,
    optimizer: optim.adamw({ learningRate: 3e-3 }),
    clipNorm: 1,
    threads,
    seed,
  });
  for (let step = 0; step < 200; step++) {
    const drawn = new Float32Array(batch * (length + 1));
    random.fillUniform(drawn, random.foldIn(key('data'), step));
    const window = (from: number) =>
      tensor(
        Int32Array.from({ length: batch * length }, (_, i) =>
          Math.floor(drawn[Math.floor(i / length) * (length + 1) + (i % length) + from]! * tokens),
        ),
        [batch, length],
      );
    await trainer.step({ ids: window(0), next: window(1) });
  }
  const hash = createHash('sha256');
  for (const { leaf } of leavesOf<Tensor>(trainer.params as Tree<Tensor>)) {
    if (!toNumbers(leaf).every(Number.isFinite)) throw new Error('training diverged');
    hash.update(leaf.data as Float32Array);
  }
  await trainer.dispose();
  return hash.digest('hex');
}
