import { Tokenizer as Library } from '@huggingface/tokenizers';
import { type Tensor, tensor } from '@tutelage/engine/data';
import { UserError } from '../../core/errors.js';

/** The content of `tokenizer.json` and `tokenizer_config.json`, in Hugging Face's format. */
export interface TokenizerFiles {
  readonly tokenizer: JsonObject;
  readonly config: JsonObject;
}
export type JsonObject = { readonly [name: string]: unknown };

/** A text, or two that belong together. */
export type Text = string | readonly [string, string];

/** Texts as a model takes them. */
export interface TokenBatch {
  /** [batch, length] of int32, padded on the right */
  readonly ids: Tensor;
  /** [batch, length] of float32: 1 for tokens and 0 for padding */
  readonly mask: Tensor;
  /** [batch, length] of int32: 1 for tokens of a second text, else 0 */
  readonly types: Tensor;
}

/** The roles that a vocabulary may have a token for. */
const ROLES = {
  padding: 'pad_token',
  unknown: 'unk_token',
  beginning: 'bos_token',
  end: 'eos_token',
  classification: 'cls_token',
  separator: 'sep_token',
  mask: 'mask_token',
} as const;
export type SpecialTokens = { readonly [Role in keyof typeof ROLES]?: number };

export interface Tokenizer {
  /** One more than the largest id. */
  readonly vocabularySize: number;
  /** Ids of tokens with a role. */
  readonly special: SpecialTokens;
  readonly files: TokenizerFiles;
  /**
   * Ids of a text with the special tokens that belong around it. Special tokens written in the text become those tokens.
   *
   * @param limit longest result; the text (of two, the longer) is cut at its end, never the special tokens
   */
  encode(text: Text, limit?: number): number[];
  /** Ids of a text as mere data: nothing is put around it, and special tokens written in it are ordinary characters. */
  encodePlain(text: string): number[];
  /**
   * Encodes texts and pads them to the longest.
   *
   * @param length pad to this length instead, and cut what is longer
   */
  encodeBatch(texts: readonly Text[], length?: number): TokenBatch;
  /** The text of ids, without special tokens. */
  decode(ids: readonly number[]): string;
  /** The id of a token, if there is one. */
  id(token: string): number | undefined;
}

/**
 * A tokenizer from the content of its files.
 *
 * @throws {UserError} when they don't describe one that can be read
 */
export function makeTokenizer(files: TokenizerFiles): Tokenizer {
  const library = open(files);
  let plain: Library | undefined;
  const id = (token: string) => library.token_to_id(token);
  const idOf = (token: string): number => {
    const found = id(token) ?? library.model?.unk_token_id;
    if (found === undefined) throw new UserError(`no such token: ${JSON.stringify(token)}`);
    return found;
  };
  const special = specialTokens(files.config, id);

  const build = (text: Text, limit: number) => {
    const [first, second] = typeof text === 'string' ? [text, undefined] : text;
    const parts = [first, ...(second === undefined ? [] : [second])].map((t) => library.tokenize(t));
    const around = (tokens: readonly string[][]) =>
      library.post_processor?.post_process(tokens[0]!, tokens[1] ?? null, true) ?? { tokens: tokens.flat() };
    const whole = around(parts);
    const excess = whole.tokens.length - limit;
    if (excess <= 0) return whole;
    return around(shortened(parts, excess, limit));
  };
  const encode = (text: Text, limit = Number.POSITIVE_INFINITY) => build(text, limit).tokens.map(idOf);

  return {
    vocabularySize: vocabularySize(library),
    special,
    files,
    encode,
    encodePlain(text) {
      plain ??= open(withoutSpecialTokens(files));
      return plain.tokenize(text).map(idOf);
    },
    encodeBatch(texts, length) {
      const rows = texts.map((text) => build(text, length ?? Number.POSITIVE_INFINITY));
      const width = length ?? Math.max(1, ...rows.map((row) => row.tokens.length));
      const shape = [texts.length, width];
      const ids = new Int32Array(texts.length * width).fill(special.padding ?? special.end ?? 0);
      const mask = new Float32Array(ids.length);
      const types = new Int32Array(ids.length);
      rows.forEach(({ tokens, token_type_ids }, r) => {
        ids.set(tokens.map(idOf), r * width);
        mask.fill(1, r * width, r * width + tokens.length);
        types.set(token_type_ids ?? [], r * width);
      });
      return { ids: tensor(ids, shape), mask: tensor(mask, shape), types: tensor(types, shape) };
    },
    decode: (ids) => (ids.length === 0 ? '' : library.decode([...ids], { skip_special_tokens: true })),
    id,
  };
}

function open({ tokenizer, config }: TokenizerFiles): Library {
  try {
    // Removing spaces before punctuation when decoding was a default once; texts must survive unchanged.
    return new Library(tokenizer, { clean_up_tokenization_spaces: false, ...config });
  } catch (cause) {
    throw new UserError('not a tokenizer that can be read', {
      detail: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
}

/** Cuts `excess` tokens off the ends, one by one from what is longest. */
function shortened(parts: readonly string[][], excess: number, limit: number): string[][] {
  const lengths = parts.map((tokens) => tokens.length);
  for (let i = 0; i < excess; i += 1) {
    const longest = lengths.indexOf(Math.max(...lengths));
    if (lengths[longest] === 0) throw new UserError(`too short for the special tokens: ${limit} tokens`);
    lengths[longest]! -= 1;
  }
  return parts.map((tokens, i) => tokens.slice(0, lengths[i]));
}

function specialTokens(config: JsonObject, id: (token: string) => number | undefined): SpecialTokens {
  const found = Object.entries(ROLES).flatMap(([role, name]) => {
    const given = config[name];
    const token = typeof given === 'object' && given !== null && 'content' in given ? given.content : given;
    const at = typeof token === 'string' ? id(token) : undefined;
    return at === undefined ? [] : [[role, at] as const];
  });
  return Object.fromEntries(found);
}

function vocabularySize(library: Library): number {
  return library.model?.vocab.length ?? 0;
}

function withoutSpecialTokens({ tokenizer, config }: TokenizerFiles): TokenizerFiles {
  const added = (tokenizer.added_tokens as readonly { readonly special?: boolean }[]).filter(
    (token) => !token.special,
  );
  return { tokenizer: { ...tokenizer, added_tokens: added }, config };
}
