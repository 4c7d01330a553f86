import type { weights } from '@tutelage/engine';
import { UserError } from '../../core/errors.js';
import { type JsonObject, makeTokenizer, type Tokenizer } from './tokenizer.js';

/** Kinds of tokens in `tokenizer.ggml.token_type`. */
const CONTROL = 3;
const USER_DEFINED = 4;

const byteLevel = (useRegex: boolean): JsonObject => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
});
const sequence = (...pretokenizers: JsonObject[]): JsonObject => ({ type: 'Sequence', pretokenizers });

/** LLaMA 3's pattern: words with what precedes them, up to three digits, punctuation, line ends, space. */
const LLAMA_3 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** How text is cut up before merging, by llama.cpp's names. */
const PRE_TOKENIZERS: Readonly<Record<string, JsonObject>> = {
  'gpt-2': byteLevel(true),
  default: byteLevel(true),
  smollm: sequence({ type: 'Digits', individual_digits: true }, byteLevel(true)),
  'llama-bpe': sequence(
    { type: 'Split', pattern: { Regex: LLAMA_3 }, behavior: 'Isolated', invert: false },
    byteLevel(false),
  ),
};

/**
 * The tokenizer in a GGUF file's metadata, if it is one of byte-level pairs (`gpt2`).
 *
 * @throws {UserError} for tokenizers of other kinds, and for those with missing parts
 */
export function ggufTokenizer({ metadata }: Pick<weights.Gguf, 'metadata'>): Tokenizer {
  const of = (key: string) => metadata.get(`tokenizer.ggml.${key}`);
  const model = of('model');
  if (model !== 'gpt2') {
    throw new UserError(`unsupported tokenizer: ${String(model)}`, {
      hint: 'give a folder with its tokenizer.json',
    });
  }
  const name = of('pre') ?? 'default';
  const preTokenizer = PRE_TOKENIZERS[String(name)];
  if (preTokenizer === undefined) {
    throw new UserError(`unsupported pre-tokenizer: ${String(name)}`, {
      detail: `known: ${Object.keys(PRE_TOKENIZERS).join(', ')}`,
      hint: 'give a folder with its tokenizer.json',
    });
  }
  const tokens = strings(of('tokens'), 'tokens');
  const merges = strings(of('merges'), 'merges').map((pair) => pair.split(' '));
  const types = of('token_type');
  const typeOf = (id: number) => (Array.isArray(types) ? Number(types[id]) : 1);
  const added = tokens.flatMap((content, id) => {
    const type = typeOf(id);
    if (type !== CONTROL && type !== USER_DEFINED) return [];
    const exact = { single_word: false, lstrip: false, rstrip: false, normalized: false };
    return [{ id, content, special: type === CONTROL, ...exact }];
  });
  const token = (key: string): string | undefined => tokens[Number(of(`${key}_token_id`))];
  return makeTokenizer({
    tokenizer: {
      version: '1.0',
      added_tokens: added,
      normalizer: null,
      pre_tokenizer: preTokenizer,
      post_processor: beginningWith(of('add_bos_token') === true ? token('bos') : undefined, tokens),
      decoder: byteLevel(true),
      model: {
        type: 'BPE',
        vocab: Object.fromEntries(tokens.map((content, id) => [content, id])),
        merges,
        ...(name === 'llama-bpe' && { ignore_merges: true }),
      },
    },
    config: {
      bos_token: token('bos'),
      eos_token: token('eos'),
      unk_token: token('unknown'),
      pad_token: token('padding'),
      chat_template: metadata.get('tokenizer.chat_template'),
    },
  });
}

function strings(value: weights.GgufValue | undefined, key: string): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw new UserError(`missing or invalid in the GGUF file: tokenizer.ggml.${key}`);
}

function beginningWith(token: string | undefined, tokens: readonly string[]): JsonObject | null {
  if (token === undefined) return null;
  const special = { SpecialToken: { id: token, type_id: 0 } };
  const text = (id: string, type: number) => ({ Sequence: { id, type_id: type } });
  return {
    type: 'TemplateProcessing',
    single: [special, text('A', 0)],
    pair: [special, text('A', 0), special, text('B', 1)],
    special_tokens: { [token]: { id: token, ids: [tokens.indexOf(token)], tokens: [token] } },
  };
}
