import {
  add,
  binaryCrossEntropyWithLogits,
  type Concrete,
  createTrainer,
  grad,
  jit,
  mapTree,
  mul,
  nn,
  optim,
  random,
  relu,
  sigmoid,
  sum,
  type Tensor,
  type Tree,
  tensor,
  type Value,
} from '@tutelage/engine';
import { isUseful, ofLearners, type Questionnaire } from '../tasks/questionnaires/questionnaire.js';
import { type FeatureForm, featureForm, inputsOf } from './support-features.js';

/** A logistic regression for each support, or a net that they share. */
export const families = ['logistic', 'net'] as const;

export interface SupportTraining {
  readonly family: (typeof families)[number];
  /** Take off each learner's mean answer. */
  readonly corrected: boolean;
  /** Weigh the rarer outcome of each support as much as the other. */
  readonly balanced: boolean;
  readonly seed: number;
}

/** Tells from a learner's difficulties which supports will be useful. */
export interface SupportPredictor {
  readonly params: SupportNet<Tensor>;
  readonly form: FeatureForm;
  /** For each support the share of the learners of whom it was learned to whom it is useful. */
  readonly prevalence: readonly number[];
  /** Chances that supports are useful, [learners x supports]. */
  chances(data: Questionnaire): Promise<Float32Array>;
  /**
   * What each input does to the logit of one support for each learner, by integrated gradients from the average learner (Sundararajan et
   * al. 2017), [learners x inputs].
   */
  contributions(data: Questionnaire, supports: readonly number[]): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Layers, with rectified units between them. */
export type SupportNet<T = Value> = { readonly layers: readonly nn.Linear<T>[] };

/** Logits of supports, [learners, supports], from the inputs of {@link inputsOf}. */
export function supportNet(p: SupportNet, inputs: Value, key?: Value): Value {
  return p.layers.reduce((x, layer, i) => {
    if (i === 0) return nn.linear(layer, x);
    const drawn = key && random.foldInTraced(key, i);
    return nn.linear(layer, random.dropout(relu(x), 0.2, drawn));
  }, inputs);
}

type Batch<T> = { readonly inputs: T; readonly useful: T; readonly weights: T };

/** Inverse strength of the logistic regression's prior, in the units of scikit-learn's `C`. */
const inverseStrength = 0.3;
const steps = { logistic: 200, net: 400 } as const;
const learningRates = { logistic: 0.05, net: 3e-3 } as const;
/** Of the net: share of the learners that tell when to stop, and steps between two looks at them. */
const [heldOut, between] = [0.15, 10];

/** Teaches a predictor by all ratings that there are; what a learner has never used counts for nothing. */
export async function supportPredictor(
  data: Questionnaire,
  training: SupportTraining,
): Promise<SupportPredictor> {
  const { family, corrected, seed } = training;
  const key = random.foldIn(random.key(seed), 'supports');
  const form = featureForm(data, corrected);
  const widths = [form.names.length, ...(family === 'net' ? [64, 32] : []), data.supports.length];
  const initial: SupportNet<Tensor> = {
    layers: widths.slice(1).map((width, i) => nn.initLinear(random.foldIn(key, i), widths[i]!, width)),
  };
  const order = random.stream(random.foldIn(key, 'held out')).shuffle(data.learners.map((_, row) => row));
  const cut = family === 'net' ? Math.round(heldOut * order.length) : 0;
  const [judges, taught] = [order.slice(0, cut), order.slice(cut)];
  const batch = batchOf(ofLearners(data, taught), form, training);
  const penalty = family === 'logistic' ? 1 / (inverseStrength * taught.length) : 0;
  const losses = (p: SupportNet, { inputs, useful, weights }: Batch<Value>, k?: Value) =>
    binaryCrossEntropyWithLogits(supportNet(p, inputs, k), useful, { weights, reduction: 'sum' });
  const trainer = createTrainer({
    params: initial,
    loss: (p: SupportNet, own: Batch<Value>, k: Value) => {
      const loss = losses(p, own, family === 'net' ? k : undefined);
      const squares = p.layers.map(({ weight }) => sum(mul(weight, weight)));
      return penalty === 0 ? loss : add(loss, mul(squares.reduce(add), penalty / 2));
    },
    optimizer: optim.adamw({
      learningRate: learningRates[family],
      weightDecay: family === 'net' ? 1e-3 : 0,
    }),
    ...(family === 'logistic' && { schedule: optim.cosine({ total: steps.logistic }) }),
    seed,
    threads: 1,
  });
  let params = copied(trainer.params as SupportNet<Tensor>);
  if (family === 'logistic') {
    for (let step = 0; step < steps.logistic; step++) await trainer.step(batch);
    params = copied(trainer.params as SupportNet<Tensor>);
  } else {
    const judged = jit(losses, { threads: 1 });
    const judging = batchOf(ofLearners(data, judges), form, { balanced: false });
    let best = Number.POSITIVE_INFINITY;
    for (let step = 1; step <= steps.net; step++) {
      await trainer.step(batch);
      if (step % between !== 0) continue;
      const loss = Number((await judged(trainer.params as never, judging as never)).data[0]);
      if (loss >= best) continue;
      best = loss;
      params = copied(trainer.params as SupportNet<Tensor>);
    }
    await judged.dispose();
  }
  await trainer.dispose();
  return fitted(params, form, prevalenceOf(data));
}

function fitted(
  params: SupportNet<Tensor>,
  form: FeatureForm,
  prevalence: readonly number[],
): SupportPredictor {
  const predict = jit((p: SupportNet, inputs: Value) => sigmoid(supportNet(p, inputs)), { threads: 1 });
  const slope = jit(
    (p: SupportNet, inputs: Value, chosen: Value) =>
      grad((x: Value) => sum(mul(supportNet(p, x), chosen)))(inputs),
    { threads: 1 },
  );
  const width = form.names.length;
  const shaped = (data: Questionnaire, scale = 1) =>
    tensor(
      inputsOf(data, form).map((x) => x * scale),
      [data.learners.length, width],
    );
  return {
    params,
    form,
    prevalence,
    chances: async (data) => (await predict(params, shaped(data))).data as Float32Array,
    async contributions(data, supports) {
      const chosen = new Float32Array(data.learners.length * prevalence.length);
      supports.forEach((support, row) => {
        chosen[row * prevalence.length + support] = 1;
      });
      const points = params.layers.length === 1 ? 1 : 16;
      const inputs = inputsOf(data, form);
      const total = new Float32Array(inputs.length);
      for (let point = 0; point < points; point++) {
        const at = shaped(data, (point + 0.5) / points);
        const { data: slopes } = await slope(
          params,
          at,
          tensor(chosen, [data.learners.length, prevalence.length]),
        );
        for (let i = 0; i < total.length; i++) total[i]! += (Number(slopes[i]) * inputs[i]!) / points;
      }
      return total;
    },
    async dispose() {
      await predict.dispose();
      await slope.dispose();
    },
  };
}

/** For each support the share of the learners who rated it to whom it is useful; NaN where nobody did. */
export function prevalenceOf(data: Questionnaire): number[] {
  return data.supports.map((_, support) => {
    const known = data.learners.flatMap((_, row) => isUseful(data, row, support) ?? []);
    return known.filter(Boolean).length / known.length;
  });
}

/** Weights of each support add up to 1. */
function batchOf(
  data: Questionnaire,
  form: FeatureForm,
  { balanced }: Pick<SupportTraining, 'balanced'>,
): Concrete<Batch<Value>> {
  const [rows, count] = [data.learners.length, data.supports.length];
  const useful = new Float32Array(rows * count);
  const weights = new Float32Array(rows * count);
  prevalenceOf(data).forEach((share, support) => {
    let total = 0;
    for (let row = 0; row < rows; row++) {
      const is = isUseful(data, row, support);
      if (is === undefined) continue;
      const at = row * count + support;
      useful[at] = Number(is);
      weights[at] = balanced && share > 0 && share < 1 ? 0.5 / (is ? share : 1 - share) : 1;
      total += weights[at]!;
    }
    for (let row = 0; row < rows; row++) weights[row * count + support]! /= Math.max(total, 1e-9);
  });
  return {
    inputs: tensor(inputsOf(data, form), [rows, form.names.length]),
    useful: tensor(useful, [rows, count]),
    weights: tensor(weights, [rows, count]),
  };
}

function copied(params: SupportNet<Tensor>): SupportNet<Tensor> {
  const copy = mapTree<Tensor, Tensor>(params as unknown as Tree<Tensor>, (t) => ({
    ...t,
    data: t.data.slice(),
  }));
  return copy as unknown as SupportNet<Tensor>;
}
