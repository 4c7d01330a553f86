import type { Tokenizer } from '../tokenizer/tokenizer.js';

/** Tokens by the characters of their texts. */
export interface TokenTrie {
  readonly children: ReadonlyMap<number, TokenTrie>;
  /** Tokens whose text ends here. */
  readonly tokens: readonly number[];
}

interface Growing {
  readonly children: Map<number, Growing>;
  readonly tokens: number[];
}

const tries = new WeakMap<Tokenizer, TokenTrie>();

/**
 * The texts of a tokenizer's tokens, as they read behind another token. Special tokens and parts of characters have none: an answer made of
 * the others can still say everything but characters that the vocabulary knows only by their bytes.
 */
export function tokenTrie(tokenizer: Tokenizer): TokenTrie {
  const known = tries.get(tokenizer);
  if (known) return known;
  const root: Growing = { children: new Map(), tokens: [] };
  // Some tokenizers drop a space in front of a text's first token.
  const anchor = tokenizer.encodePlain('a').at(-1)!;
  const skipped = tokenizer.decode([anchor]).length;
  for (let token = 0; token < tokenizer.vocabularySize; token++) {
    const text = tokenizer.decode([anchor, token]).slice(skipped);
    if (text === '' || text.includes('\ufffd')) continue;
    let node = root;
    for (const character of text) {
      const codePoint = character.codePointAt(0)!;
      let child = node.children.get(codePoint);
      if (!child) {
        child = { children: new Map(), tokens: [] };
        node.children.set(codePoint, child);
      }
      node = child;
    }
    node.tokens.push(token);
  }
  tries.set(tokenizer, root);
  return root;
}
