import { Tokenizer as Library } from '@huggingface/tokenizers';
import { UserError } from '../../core/errors.js';
import { byteCharacters } from './byte-characters.js';
import { type CountedWord, learnMerges } from './learn-merges.js';
import { type JsonObject, makeTokenizer, type Tokenizer } from './tokenizer.js';

export interface TokenizerTraining {
  /** Most tokens that the vocabulary may have, special ones counted. */
  readonly vocabulary: number;
}

const BERT_TOKENS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] as const;
const END_OF_TEXT = '<|endoftext|>';
const PREFIX = '##';

/** Lower case without accents, cut at space and around punctuation, as in BERT (Devlin et al. 2018). */
const bertNormalizer: JsonObject = {
  type: 'BertNormalizer',
  clean_text: true,
  handle_chinese_chars: true,
  strip_accents: null,
  lowercase: true,
};
const bertPreTokenizer: JsonObject = { type: 'BertPreTokenizer' };
const byteLevel: JsonObject = {
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: true,
};

/**
 * Trains a WordPiece tokenizer: lower-cased words in pieces, of which all but the first start with `##`; texts are put
 * between [CLS] and [SEP]. Pieces are found by joining the most frequent pairs, as Hugging Face's trainer does, and not by
 * the likelihood criterion of Schuster & Nakajima (2012). Equal texts give equal vocabularies.
 *
 * @throws {UserError} when the vocabulary has no room for the characters of the texts
 */
export function trainWordPiece(texts: Iterable<string>, { vocabulary }: TokenizerTraining): Tokenizer {
  const counts = countWords(texts, bertNormalizer, bertPreTokenizer);
  const tokens = new Vocabulary(vocabulary, BERT_TOKENS);
  const split = (word: string) =>
    Array.from(word, (character, i) => (i === 0 ? character : PREFIX + character));
  tokens.addAlphabet([...counts.keys()].flatMap(split));
  learnMerges(
    [...counts].map(([word, count]) => ({ symbols: split(word).map((s) => tokens.id(s)), count })),
    (left, right) => tokens.add(tokens.token(left) + tokens.token(right).slice(PREFIX.length)),
    () => tokens.hasRoom,
  );
  return bertTokenizer(tokens, 100);
}

/**
 * Trains a tokenizer of whole words, lower-cased: the most frequent ones; all others are [UNK]. Texts are put between [CLS]
 * and [SEP].
 */
export function trainWordLevel(texts: Iterable<string>, { vocabulary }: TokenizerTraining): Tokenizer {
  const counts = countWords(texts, bertNormalizer, bertPreTokenizer);
  const tokens = new Vocabulary(vocabulary, BERT_TOKENS);
  const byCount = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  for (const [word] of byCount) if (tokens.hasRoom) tokens.add(word);
  // A WordPiece vocabulary without continuing pieces knows whole words only; both libraries read it.
  return bertTokenizer(tokens, 10_000);
}

/**
 * Trains a byte-level tokenizer as GPT-2's (Radford et al. 2019): any text can be encoded and comes back unchanged. The one
 * special token, `<|endoftext|>`, ends texts and pads.
 *
 * @throws {UserError} when the vocabulary has no room for the 256 bytes
 */
export function trainByteBpe(texts: Iterable<string>, { vocabulary }: TokenizerTraining): Tokenizer {
  const counts = countWords(texts, null, byteLevel);
  const tokens = new Vocabulary(vocabulary, [END_OF_TEXT]);
  tokens.addAlphabet(byteCharacters());
  const merges: [string, string][] = [];
  const words = [...counts].map(
    ([word, count]): CountedWord => ({ symbols: Array.from(word, (c) => tokens.id(c)), count }),
  );
  learnMerges(
    words,
    (left, right) => {
      const pair: [string, string] = [tokens.token(left), tokens.token(right)];
      merges.push(pair);
      return tokens.add(pair.join(''));
    },
    () => tokens.hasRoom,
  );
  return makeTokenizer({
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: [addedToken(END_OF_TEXT, 0)],
      normalizer: null,
      pre_tokenizer: byteLevel,
      post_processor: null,
      decoder: byteLevel,
      model: {
        type: 'BPE',
        dropout: null,
        unk_token: null,
        continuing_subword_prefix: null,
        end_of_word_suffix: null,
        fuse_unk: false,
        byte_fallback: false,
        ignore_merges: false,
        vocab: tokens.toJson(),
        merges,
      },
    },
    config: {
      tokenizer_class: 'PreTrainedTokenizerFast',
      eos_token: END_OF_TEXT,
      pad_token: END_OF_TEXT,
      clean_up_tokenization_spaces: false,
    },
  });
}

function bertTokenizer(tokens: Vocabulary, longestWord: number): Tokenizer {
  return makeTokenizer({
    tokenizer: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: BERT_TOKENS.map(addedToken),
      normalizer: bertNormalizer,
      pre_tokenizer: bertPreTokenizer,
      post_processor: {
        type: 'BertProcessing',
        sep: ['[SEP]', tokens.id('[SEP]')],
        cls: ['[CLS]', tokens.id('[CLS]')],
      },
      decoder: { type: 'WordPiece', prefix: PREFIX, cleanup: false },
      model: {
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: PREFIX,
        max_input_chars_per_word: longestWord,
        vocab: tokens.toJson(),
      },
    },
    config: {
      tokenizer_class: 'PreTrainedTokenizerFast',
      pad_token: '[PAD]',
      unk_token: '[UNK]',
      cls_token: '[CLS]',
      sep_token: '[SEP]',
      mask_token: '[MASK]',
      clean_up_tokenization_spaces: false,
    },
  });
}

function addedToken(content: string, id: number): JsonObject {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
}

/** Words as the library will cut them, with their numbers, in the order of their first occurrence. */
function countWords(
  texts: Iterable<string>,
  normalizer: JsonObject | null,
  preTokenizer: JsonObject,
): Map<string, number> {
  const library = new Library(
    {
      added_tokens: [],
      normalizer,
      pre_tokenizer: preTokenizer,
      post_processor: null,
      decoder: null,
      model: { type: 'BPE', vocab: {}, merges: [] },
    },
    {},
  );
  const counts = new Map<string, number>();
  for (const text of texts) {
    const normalized = library.normalizer?.normalize(text) ?? text;
    for (const word of library.pre_tokenizer?.pre_tokenize(normalized) ?? []) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return counts;
}

/** Tokens numbered in the order in which they are added. */
class Vocabulary {
  readonly #tokens: string[] = [];
  readonly #ids = new Map<string, number>();

  constructor(
    readonly size: number,
    special: readonly string[],
  ) {
    for (const token of special) this.add(token);
  }

  get hasRoom(): boolean {
    return this.#tokens.length < this.size;
  }

  /** The token's id, a new one if it is new. */
  add(token: string): number {
    const known = this.#ids.get(token);
    if (known !== undefined) return known;
    this.#ids.set(token, this.#tokens.length);
    return this.#tokens.push(token) - 1;
  }

  /** Adds distinct symbols in the order of their code points. */
  addAlphabet(symbols: readonly string[]): void {
    const codes = (symbol: string) => Array.from(symbol, (c) => c.codePointAt(0)!);
    const distinct = [...new Set(symbols)].map((symbol) => ({ symbol, key: codes(symbol) }));
    distinct.sort((a, b) => compare(a.key, b.key));
    for (const { symbol } of distinct) this.add(symbol);
    if (this.#tokens.length > this.size) {
      throw new UserError(`vocabulary too small: ${this.size}`, {
        hint: `${this.#tokens.length} are needed for single characters and special tokens alone`,
      });
    }
  }

  id(token: string): number {
    return this.#ids.get(token)!;
  }

  token(id: number): string {
    return this.#tokens[id]!;
  }

  toJson(): Record<string, number> {
    return Object.fromEntries(this.#ids);
  }
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((x, i) => x !== b[i]);
  if (at < 0) return a.length - b.length;
  return a[at]! - (b[at] ?? -1);
}
