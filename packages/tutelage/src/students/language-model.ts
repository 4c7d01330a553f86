import { jit, type SessionOptions, type Tensor, type Value } from '@tutelage/engine';
import type { Coded } from '../assessment/language-report.js';
import { tokenBytes } from '../language/tokenizer/token-bytes.js';
import { type Gpt, gpt } from '../models/gpt.js';
import type { LanguageModel } from './continuations.js';
import type { LanguageStudent } from './language-student.js';
import { tokenLogs } from './token-logs.js';
import { tokensOf } from './token-windows.js';

/** A language model on the engine, for assessment after training; a shipped one runs from its ONNX file instead. */
export function languageModel(
  { config, tokenizer }: Pick<LanguageStudent, 'config' | 'tokenizer'>,
  params: Gpt<Tensor>,
  session: SessionOptions = {},
): LanguageModel {
  const forward = jit((p: Gpt<Value>, tokens: Value) => gpt(p, config, tokens), session);
  return {
    tokenizer,
    vocabulary: config.vocabulary,
    block: config.block,
    logits: async (tokens) => (await forward(params, tokens)).data as Float32Array,
    dispose: () => forward.dispose(),
  };
}

/**
 * Codes texts, joined by end tokens, stretch by stretch; see `tokenLogs` for what each token is predicted from.
 *
 * @returns stretches of half a block, the last one shorter; none for no text
 */
export async function codeLengths(model: LanguageModel, texts: readonly string[]): Promise<Coded[]> {
  const { tokenizer, block } = model;
  const bytesOf = tokenBytes(tokenizer);
  const content = texts.length === 0 ? new Int32Array(0) : tokensOf(texts, tokenizer);
  // The first token is predicted from the end of a text before it.
  const logs = await tokenLogs(model, Int32Array.from([tokenizer.special.end ?? 0, ...content]));
  const half = Math.floor(block / 2);
  return Array.from({ length: Math.ceil(content.length / half) }, (_, i) => {
    const [start, end] = [i * half, (i + 1) * half];
    const coded = content.subarray(start, end);
    return {
      bits: logs.slice(start, end).reduce((sum, { logProbability }) => sum - logProbability / Math.LN2, 0),
      tokens: coded.length,
      bytes: coded.reduce((sum, token) => sum + bytesOf[token]!, 0),
      text: tokenizer.decode([...coded]),
    };
  });
}
