import {
  crossEntropy,
  exportOnnx,
  jit,
  type ModelMetadata,
  type OnnxModel,
  type Tensor,
  tensor,
  type Value,
} from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import type { Tokenizer } from '../language/tokenizer/tokenizer.js';
import { type Gpt, type GptConfig, gpt } from '../models/gpt.js';
import { type Plan, type Taught, type Teaching, teachByPlan } from './teach-by-plan.js';
import { windowsOf } from './token-windows.js';

/** A causal language model to be. */
export interface LanguageStudent {
  readonly preset: string;
  readonly tokenizer: Tokenizer;
  readonly config: GptConfig;
  readonly params: Gpt<Tensor>;
  readonly plan: Plan;
}

type Windows<T> = { readonly tokens: T; readonly next: T };

/**
 * Teaches a language model to predict the next token. Texts are joined by end tokens and cut into windows.
 *
 * @throws {UserError} when the texts don't fill one window
 */
export async function teachLanguageModel(
  teaching: Teaching<LanguageStudent, string>,
): Promise<Taught<Gpt<Value>>> {
  const { student, threads } = teaching;
  const { config, plan } = student;
  const windows = windowsOf(teaching.lessons, student.tokenizer, config.block);
  if (windows.length === 0) {
    throw new UserError('too little text for a language model', {
      detail: `${config.block + 1} tokens are needed`,
      hint: 'give more text',
    });
  }
  const watched = windowsOf(teaching.validation, student.tokenizer, config.block);
  const lossOf = (params: Gpt<Value>, { tokens, next }: Windows<Value>, key?: Value): Value =>
    crossEntropy(gpt(params, config, tokens, key), next);
  const measure = jit(
    (params: Gpt<Value>, batch: Windows<Value>) => lossOf(params, batch),
    threads === undefined ? {} : { threads },
  );
  try {
    return await teachByPlan<Gpt<Value>, Windows<Value>>({
      ...teaching,
      ...student,
      count: windows.length,
      loss: lossOf,
      batch: (places) => batchOf(places.map((i) => windows[i]!)),
      async watch(params) {
        if (watched.length === 0) return {};
        let total = 0;
        for (let at = 0; at < watched.length; at += plan.batchSize) {
          const part = watched.slice(at, at + plan.batchSize);
          total += Number((await measure(params, batchOf(part))).data[0]) * part.length;
        }
        return { 'validation loss': total / watched.length };
      },
    });
  } finally {
    await measure.dispose();
  }
}

/** The model as ONNX: tokens [batch, length], int32, to logits of the next token [batch, length, vocabulary]. */
export function exportLanguageModel(
  { config, preset }: Pick<LanguageStudent, 'config' | 'preset'>,
  params: Gpt<Tensor>,
  metadata: ModelMetadata = {},
): OnnxModel {
  return exportOnnx(
    (p: Gpt<Value>, { tokens }: { readonly tokens: Value }) => ({ logits: gpt(p, config, tokens) }),
    params,
    { tokens: { dtype: 'int32', shape: ['batch', 'length'] } },
    {
      axes: { length: { max: config.block } },
      metadata: { name: preset, ...metadata, description: `causal language model, preset ${preset}` },
    },
  );
}

function batchOf(windows: readonly Int32Array[]): Windows<Tensor> {
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
