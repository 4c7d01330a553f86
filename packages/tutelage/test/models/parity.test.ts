import {
  binaryCrossEntropyWithLogits,
  type Concrete,
  createTrainer,
  crossEntropy,
  expandDims,
  gatherElements,
  gelu,
  grad,
  jit,
  leavesOf,
  nn,
  optim,
  squeeze,
  type Tensor,
  type Tree,
  toNumbers,
  type Value,
} from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import {
  batchAt,
  initialParameters,
  loadParity,
  type ParityFixture,
  type ParityName,
} from '../../../engine/test/support/parity.js';
import { type Convnet, type ConvnetState, convnet } from '../../src/models/convnet.js';
import { dualEncoderLoss, embedTexts } from '../../src/models/dual-encoder.js';
import type { Encoder } from '../../src/models/encoder.js';
import { type KnowledgeTracer, knowledgeTracer } from '../../src/models/knowledge-tracer.js';
import { type Llama, type LlamaConfig, llama } from '../../src/models/llama.js';
import { type Mlp, mlp } from '../../src/models/mlp.js';
import { type Vit, type VitConfig, vit } from '../../src/models/vit.js';
import { nested } from './nested.js';

type Batch = Readonly<Record<string, Value>>;
/** Parameters of any model: what they hold below the first level matters to the model alone. */
type Params = Readonly<Record<string, Value>>;
type Loss<P> = (params: P, batch: Batch) => Value;

/** A fixture's model: the loss of a batch. */
interface Model {
  readonly name: ParityName;
  readonly loss: (config: ParityFixture['config']) => Loss<never>;
}

const models: readonly Model[] = [
  {
    name: 'mlp',
    loss: () => (p: Mlp<Value>, b) =>
      crossEntropy(
        mlp(p, b.features!, (x) => gelu(x, 'tanh')),
        b.labels!,
      ),
  },
  {
    name: 'vit',
    loss: (config) => (p: Vit<Value>, b) =>
      crossEntropy(vit(p, config as unknown as VitConfig, b.images!), b.labels!),
  },
  {
    name: 'gpt',
    loss: (config) => (p: Llama<Value>, b) =>
      crossEntropy(llama(p, config as unknown as LlamaConfig, b.tokens!), b.targets!),
  },
  {
    name: 'gru',
    loss: () => (p: KnowledgeTracer<Value>, b) => {
      const all = knowledgeTracer(p, b.interactions!);
      const logits = squeeze(gatherElements(all, expandDims(b.next_skills!, -1)), -1);
      return binaryCrossEntropyWithLogits(logits, b.next_correct!, { weights: b.mask! });
    },
  },
  {
    name: 'dual-encoder',
    loss: (config) => (p: Encoder<Value>, b) => {
      const own = { heads: config.heads as number };
      const queries = embedTexts(p, own, { tokens: b.query_tokens!, mask: b.query_mask! });
      const documents = embedTexts(p, own, { tokens: b.document_tokens!, mask: b.document_mask! });
      return dualEncoderLoss(queries, documents, config.temperature as number);
    },
  },
];

const optimizerOf = ({ optimizer }: ParityFixture) =>
  optim.adamw({
    learningRate: optimizer.learningRate,
    beta1: optimizer.betas[0],
    beta2: optimizer.betas[1],
    epsilon: optimizer.epsilon,
    weightDecay: optimizer.weightDecay,
  });

const paramsOf = <P>(fixture: ParityFixture) => nested(initialParameters(fixture)) as Concrete<P>;
const batchOf = (fixture: ParityFixture, step: number) =>
  Object.fromEntries(batchAt(fixture, step)) as Readonly<Record<string, Tensor>>;

/** Every loss within 1e-4 of PyTorch's, and no drift: the differences' mean is far smaller than the largest may be. */
function expectLosses(found: readonly number[], { losses }: ParityFixture): void {
  const relative = losses.map((loss, i) => (found[i]! - loss) / loss);
  expect(Math.max(...relative.map(Math.abs))).toBeLessThan(1e-4);
  expect(Math.abs(relative.reduce((a, b) => a + b) / relative.length)).toBeLessThan(2e-5);
}

function expectFinal(params: Tree<Tensor>, { final }: ParityFixture): void {
  const found = new Map(leavesOf(params).map(({ path, leaf }) => [path, toNumbers(leaf)]));
  for (const [path, expected] of Object.entries(final)) {
    const values = found.get(path)!;
    const mean = values.reduce((a, b) => a + b) / values.length;
    expect(Math.abs(mean - expected.mean), `mean of ${path}`).toBeLessThan(
      1e-4 + 1e-3 * Math.abs(expected.mean),
    );
    expect(Math.hypot(...values) / expected.norm, `norm of ${path}`).toBeCloseTo(1, 3);
  }
}

/** The gradients of the first step against those of float64, where rounding alone leaves up to `floor`. */
async function expectGradients(fixture: ParityFixture, loss: Loss<Params>): Promise<void> {
  const floor = 1e-6;
  const differentiated = jit(grad(loss), { threads: 1 });
  const grads = await differentiated(paramsOf<Params>(fixture), batchOf(fixture, 0));
  await differentiated.dispose();
  for (const { path, leaf } of leavesOf<Tensor>(grads)) {
    const expected = fixture.gradientNorms[path]!;
    const error = Math.abs(Math.hypot(...toNumbers(leaf)) - expected);
    expect(error, `gradient of ${path}`).toBeLessThan(floor + 1e-4 * expected);
  }
}

describe.each(models)('$name', (model) => {
  const fixture = loadParity(model.name);
  const loss = model.loss(fixture.config) as Loss<Params>;

  test('has the gradients that PyTorch finds', () => expectGradients(fixture, loss));

  test('a hundred steps of AdamW follow PyTorch', async () => {
    const params = paramsOf<Params>(fixture);
    const trainer = createTrainer({ params, loss, optimizer: optimizerOf(fixture), threads: 1 });
    const losses: number[] = [];
    for (let i = 0; i < fixture.losses.length; i++) {
      losses.push((await trainer.step(batchOf(fixture, i))).loss);
    }
    await trainer.dispose();
    expectLosses(losses, fixture);
    expectFinal(trainer.params, fixture);
  });
});

describe('convnet', () => {
  const fixture = loadParity('convnet');
  const { momentum, epsilon } = fixture.config.batchNorm as { momentum: number; epsilon: number };
  const loss = (p: Convnet<Value>, b: Batch) => {
    const { logits, statistics } = convnet(p, b.images!, { epsilon });
    return [crossEntropy(logits, b.labels!), statistics] as const;
  };

  test('has the gradients that PyTorch finds', () =>
    expectGradients(fixture, (p, b) => loss(p as unknown as Convnet<Value>, b)[0]));

  test('a hundred steps of AdamW follow PyTorch, and so do the running statistics', async () => {
    const params = paramsOf<Convnet<Value>>(fixture);
    const trainer = createTrainer({ params, loss, optimizer: optimizerOf(fixture), threads: 1 });
    const [, first, second] = fixture.config.channels as [number, number, number];
    let state: ConvnetState<Tensor> = { bn1: nn.initStatistics(first), bn2: nn.initStatistics(second) };
    const losses: number[] = [];
    for (let i = 0; i < fixture.losses.length; i++) {
      const report = await trainer.step(batchOf(fixture, i));
      losses.push(report.loss);
      state = nn.updateStatistics(state, report.aux, momentum);
    }
    await trainer.dispose();
    expectLosses(losses, fixture);
    expectFinal(trainer.params, fixture);
    const found = new Map(leavesOf<Tensor>(state).map(({ path, leaf }) => [path, toNumbers(leaf)]));
    for (const [path, expected] of Object.entries(fixture.runningStatistics)) {
      expected.forEach((value, i) => {
        expect(Math.abs(found.get(path)![i]! - value), `${path}[${i}]`).toBeLessThan(
          1e-4 + 1e-3 * Math.abs(value),
        );
      });
    }
  });
});
