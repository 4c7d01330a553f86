import {
  createTrainer,
  crossEntropy,
  exportOnnx,
  jit,
  type OnnxModel,
  optim,
  type random,
  type Tensor,
  tensor,
  type Value,
} from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import type { Tokenizer } from '../language/tokenizer/tokenizer.js';
import { trainByteBpe } from '../language/tokenizer/train.js';
import { type Gpt, type GptConfig, gpt, initGpt } from '../models/gpt.js';
import type { TeachingPlan } from './classifier.js';
import { lessonBatches } from './lesson-batches.js';
import { parameterGroups } from './parameter-groups.js';
import { copyOf } from './predictor.js';
import { type TrainingRun, trainResumably } from './resumable-training.js';

/** A causal language model to be. */
export interface LanguageStudent {
  readonly preset: string;
  readonly tokenizer: Tokenizer;
  readonly config: GptConfig;
  readonly params: Gpt<Tensor>;
  readonly plan: Omit<TeachingPlan, 'labelSmoothing'>;
}

export interface TeachLanguageOptions extends TrainingRun {
  readonly student: LanguageStudent;
  readonly texts: readonly string[];
  /** Watched, not learned from. */
  readonly validation: readonly string[];
  readonly seed: number;
  readonly threads?: number;
}

export interface TaughtLanguageModel {
  readonly params: Gpt<Tensor>;
  readonly outcome: 'finished' | 'paused';
}

const plan: LanguageStudent['plan'] = {
  epochs: 10,
  batchSize: 16,
  learningRate: 2e-3,
  weightDecay: 0.1,
  warmup: 0.05,
  clipNorm: 1,
};

export const lmSmall = {
  id: 'lm-small',
  input: 'text',
  description:
    'a causal language model of 4 layers and width 128 on byte-level pieces learned from the texts; 1.2 MB as int8',
  /** @param key of the initial parameters */
  create(texts: readonly string[], key: random.Key): LanguageStudent {
    const tokenizer = trainByteBpe(texts, { vocabulary: 2_000 });
    const config: GptConfig = {
      vocabulary: tokenizer.vocabularySize,
      block: 128,
      width: 128,
      layers: 4,
      heads: 4,
      dropout: 0.1,
    };
    return { preset: lmSmall.id, tokenizer, config, params: initGpt(key, config), plan };
  },
} as const;

/**
 * Teaches a language model to predict the next token. Texts are joined by end tokens and cut into windows.
 *
 * @throws {UserError} when the texts don't fill one window
 */
export async function teachLanguageModel(options: TeachLanguageOptions): Promise<TaughtLanguageModel> {
  const { student, seed, threads } = options;
  const { config, plan } = student;
  const windows = windowsOf(options.texts, student);
  if (windows.length === 0) {
    throw new UserError('too little text for a language model', {
      detail: `${config.block + 1} tokens are needed`,
      hint: 'give more text',
    });
  }
  const watched = windowsOf(options.validation, student);
  const session = threads === undefined ? {} : { threads };
  const batches = lessonBatches({
    count: windows.length,
    batchSize: Math.min(plan.batchSize, windows.length),
    seed,
  });
  const totalSteps = batches.stepsAnEpoch * plan.epochs;
  const lossOf = (params: Gpt<Value>, { tokens, next }: { tokens: Value; next: Value }, key?: Value): Value =>
    crossEntropy(gpt(params, config, tokens, key), next);
  const trainer = createTrainer({
    params: student.params,
    loss: lossOf,
    optimizer: optim.adamw({ learningRate: plan.learningRate, weightDecay: plan.weightDecay, beta2: 0.99 }),
    groups: parameterGroups(plan),
    schedule: optim.cosine({ total: totalSteps, warmup: Math.round(plan.warmup * totalSteps) }),
    clipNorm: plan.clipNorm,
    seed,
    ...session,
  });
  const evaluate = jit(
    (params: Gpt<Value>, batch: { tokens: Value; next: Value }) => lossOf(params, batch),
    session,
  );
  const validationLoss = async (): Promise<number> => {
    let total = 0;
    for (let at = 0; at < watched.length; at += plan.batchSize) {
      const part = watched.slice(at, at + plan.batchSize);
      total += Number((await evaluate(trainer.params, batchOf(part))).data[0]) * part.length;
    }
    return total / watched.length;
  };
  const { outcome } = await trainResumably({
    ...options,
    graph: `${student.preset} ${JSON.stringify(plan)}`,
    totalSteps,
    trainer,
    batches,
    async step(index) {
      const rows = batches.next(index).map((i) => windows[i]!);
      const { loss, gradientNorm } = await trainer.step(batchOf(rows));
      const row = { loss, 'gradient norm': gradientNorm };
      const isLast = (index + 1) % batches.stepsAnEpoch === 0;
      return isLast && watched.length > 0 ? { ...row, 'validation loss': await validationLoss() } : row;
    },
  });
  const params = copyOf(trainer.params) as Gpt<Tensor>;
  await trainer.dispose();
  await evaluate.dispose();
  return { params, outcome };
}

/** The model as ONNX: tokens [batch, length], int32, to logits of the next token [batch, length, vocabulary]. */
export function exportLanguageModel(
  { config, preset }: Pick<LanguageStudent, 'config' | 'preset'>,
  params: Gpt<Tensor>,
): OnnxModel {
  return exportOnnx(
    (p: Gpt<Value>, { tokens }: { readonly tokens: Value }) => ({ logits: gpt(p, config, tokens) }),
    params,
    { tokens: { dtype: 'int32', shape: ['batch', 'length'] } },
    {
      axes: { length: { max: config.block } },
      metadata: { name: preset, description: `causal language model, preset ${preset}` },
    },
  );
}

/** All tokens of the texts, each text with an end token, in windows of one block and the token after it. */
function windowsOf(texts: readonly string[], { tokenizer, config }: LanguageStudent): Int32Array[] {
  const end = tokenizer.special.end ?? 0;
  const tokens = Int32Array.from(texts.flatMap((text) => [...tokenizer.encodePlain(text), end]));
  const count = Math.max(0, Math.floor((tokens.length - 1) / config.block));
  return Array.from({ length: count }, (_, i) =>
    tokens.subarray(i * config.block, (i + 1) * config.block + 1),
  );
}

function batchOf(windows: readonly Int32Array[]): { readonly tokens: Tensor; readonly next: Tensor } {
  const block = windows[0]!.length - 1;
  const side = (from: number): Tensor => {
    const data = new Int32Array(windows.length * block);
    windows.forEach((window, i) => {
      data.set(window.subarray(from, from + block), i * block);
    });
    return tensor(data, [windows.length, block]);
  };
  return { tokens: side(0), next: side(1) };
}
