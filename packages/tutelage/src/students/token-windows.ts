import type { Tokenizer } from '../language/tokenizer/tokenizer.js';

/** All tokens of the texts, each text with an end token. */
export function tokensOf(texts: readonly string[], tokenizer: Tokenizer): Int32Array {
  const end = tokenizer.special.end ?? 0;
  const parts = texts.map((text) => tokenizer.encodePlain(text));
  const tokens = new Int32Array(parts.reduce((sum, { length }) => sum + length + 1, 0));
  let at = 0;
  for (const part of parts) {
    tokens.set(part, at);
    at += part.length;
    tokens[at++] = end;
  }
  return tokens;
}

/** All tokens of the texts in windows of one block and the token after it; what is left over at the end is left out. */
export function windowsOf(texts: readonly string[], tokenizer: Tokenizer, block: number): Int32Array[] {
  const tokens = tokensOf(texts, tokenizer);
  const count = Math.max(0, Math.floor((tokens.length - 1) / block));
  return Array.from({ length: count }, (_, i) => tokens.subarray(i * block, (i + 1) * block + 1));
}
