import type { CompletionRequest } from './request.js';

/** Chat templates wrap each message in role markers, and some add a system preamble (harmony's is the longest). */
const MESSAGE_OVERHEAD = 16;
const REQUEST_OVERHEAD = 256;

/**
 * Most input tokens that a request can have under an unknown tokenizer; this is what gets reserved.
 *
 * Each token of a byte-level BPE, or of SentencePiece with byte fallback, stands for at least one UTF-8 byte, so
 * the bytes bound the tokens. Tokenizers that normalise first (NFKC) may lengthen a text: the longer form counts.
 * The chat template is covered by fixed allowances, and the schema counts since servers may put it in the prompt.
 */
export function maxInputTokens(request: CompletionRequest): number {
  const contents = request.messages.map((message) => message.content);
  const schema = request.parameters.schema;
  if (schema) contents.push(JSON.stringify(schema));
  const bytes = contents.map((text) => Math.max(byteLength(text), byteLength(text.normalize('NFKC'))));
  return bytes.reduce((sum, count) => sum + count, REQUEST_OVERHEAD + MESSAGE_OVERHEAD * contents.length);
}

/** About how many input tokens a request has: for estimates and rate limits, where too high is as bad as too low. */
export function expectedInputTokens(request: CompletionRequest): number {
  const perMessage = request.messages.map((message) => expectedTokens(message.content) + 4);
  return perMessage.reduce((sum, count) => sum + count, 3);
}

/** About how many tokens a text has: four ASCII characters, or three bytes of other scripts, to a token. */
export function expectedTokens(text: string): number {
  const bytes = byteLength(text);
  const others = bytes - (text.match(/[\0-\x7f]/g)?.length ?? 0);
  return Math.ceil((bytes - others) / 4 + others / 3);
}

function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}
