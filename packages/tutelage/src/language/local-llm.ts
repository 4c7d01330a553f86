import { random, type SessionOptions } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import { openCausalModel } from './causal-model.js';
import { type ChatFormat, type ChatMessage, chatFormatOf, encodeChat } from './chat/format.js';
import { type Decoder, llamaDecoder } from './generate/decoder.js';
import { type Generated, type GenerateOptions, generate } from './generate/generate.js';
import type { Sampling } from './generate/sample.js';
import type { Tokenizer } from './tokenizer/tokenizer.js';

export interface ChatOptions extends Pick<GenerateOptions, 'maxTokens' | 'repetitionPenalty' | 'signal'> {
  /** The likeliest tokens are taken when left out. */
  readonly sampling?: Omit<Sampling, 'key'> & { readonly seed: number };
  /** Texts before which the answer ends. */
  readonly stop?: readonly string[];
  /** Hears of the answer's text as it grows; what may be the start of a stop text is held back. */
  readonly onText?: (text: string) => void;
}

/** A language model that runs in this process. */
export interface LocalLanguageModel {
  readonly tokenizer: Tokenizer;
  readonly decoder: Decoder;
  /** The token that ends the assistant's turn. */
  readonly end: number;
  /** Tokens of a conversation up to where the assistant is to go on. */
  encode(messages: readonly ChatMessage[]): number[];
  /** The assistant's answer to a conversation. */
  chat(messages: readonly ChatMessage[], options: ChatOptions): Promise<string>;
  /**
   * The logarithm of the probability of each answer, as the whole of what the assistant says: its tokens and the end of the
   * turn. Since the end counts, these are probabilities of different answers, comparable whatever their lengths, without a
   * division by length; that one label is the beginning of another does no harm. They sum to less than 1 over the labels,
   * by what the model would rather have said.
   */
  choose(messages: readonly ChatMessage[], labels: readonly string[]): Promise<number[]>;
  release(): Promise<void>;
}

export interface LocalOptions extends SessionOptions {
  /** Longest conversation in tokens, at most what the model was made for: 2,048 or that, unless told. */
  readonly positions?: number;
}

/**
 * A LLaMA model from a GGUF file, or from a folder as Hugging Face lays it out.
 *
 * @throws {UserError} when files are missing or hold something else
 * @throws {ModelFileError} when a weight file is damaged
 */
export async function openLocalModel(path: string, options: LocalOptions = {}): Promise<LocalLanguageModel> {
  const model = await openCausalModel(path);
  const { tokenizer } = model;
  const template = tokenizer.files.config.chat_template;
  if (typeof template !== 'string') {
    throw new UserError(`the model has no chat template: ${path}`, {
      hint: 'a model trained to follow instructions is needed',
    });
  }
  const { positions = Math.min(2048, model.config.positions), ...session } = options;
  if (positions > model.config.positions) {
    throw new UserError(`more positions than the model has: ${positions}`, {
      hint: `at most ${model.config.positions}`,
    });
  }
  const decoder = await llamaDecoder(model.params, model.config, positions, session);
  return localModel(decoder, tokenizer, chatFormatOf(template));
}

/** A language model from its parts. The tokenizer's end token ends the assistant's turn. */
export function localModel(decoder: Decoder, tokenizer: Tokenizer, format: ChatFormat): LocalLanguageModel {
  const { end } = tokenizer.special;
  if (end === undefined) throw new UserError('the tokenizer has no end token');
  const encode = (messages: readonly ChatMessage[]) => encodeChat(tokenizer, format, messages);
  return {
    tokenizer,
    decoder,
    end,
    encode,
    async chat(messages, { sampling, stop = [], onText, ...rest }) {
      const prompt = encode(messages);
      const text = (tokens: readonly number[]) => tokenizer.decode(tokens);
      let heard = 0;
      const [answer] = await generate(decoder, [prompt], {
        ...rest,
        ...(sampling && { sampling: { ...sampling, key: random.key(sampling.seed) } }),
        endTokens: [end],
        stop: (tokens) => {
          if (stop.length === 0 && !onText) return false;
          const whole = text(tokens);
          const cut = beforeStop(whole, stop);
          const certain = cut ?? withoutBeginnings(whole, stop);
          if (onText && certain.length > heard) onText(certain.slice(heard));
          heard = Math.max(heard, certain.length);
          return cut !== undefined;
        },
      });
      const whole = answerText(answer!, text, end);
      const final = beforeStop(whole, stop) ?? whole;
      if (onText && final.length > heard) onText(final.slice(heard));
      return final;
    },
    async choose(messages, labels) {
      if (labels.length === 0) throw new UserError('no labels to choose from');
      const cache = decoder.cache(1);
      const prompt = encode(messages);
      const first = await decoder.step(cache, [prompt]);
      // The prompt is computed once: after each label the cache forgets it again.
      const start = { logits: first.logits.slice(), normalizer: first.normalizers[0]! };
      const scores: number[] = [];
      for (const label of labels) {
        const tokens = [...tokenizer.encodePlain(label), end];
        let score = start.logits[tokens[0]!]! - start.normalizer;
        if (tokens.length > 1) {
          const { logits, normalizers } = await decoder.step(cache, [tokens.slice(0, -1)], { all: true });
          tokens.slice(1).forEach((token, i) => {
            score += logits[i * decoder.sizes.vocabulary + token]! - normalizers[i]!;
          });
          cache.lengths[0] = prompt.length;
        }
        scores.push(score);
      }
      return scores;
    },
    release: () => decoder.release(),
  };
}

function answerText({ tokens }: Generated, text: (tokens: readonly number[]) => string, end: number): string {
  return text(tokens.at(-1) === end ? tokens.slice(0, -1) : tokens);
}

/** What stands before the first stop text, or undefined if there is none. */
function beforeStop(text: string, stop: readonly string[]): string | undefined {
  const places = stop.map((s) => text.indexOf(s)).filter((place) => place >= 0);
  return places.length === 0 ? undefined : text.slice(0, Math.min(...places));
}

/** The text without an end that may yet become a stop text, or a character of which bytes are missing. */
function withoutBeginnings(text: string, stop: readonly string[]): string {
  const whole = text.replace(/\ufffd+$/, '');
  let certain = whole.length;
  for (const s of stop) {
    for (let length = Math.min(s.length - 1, whole.length); length > 0; length -= 1) {
      if (!whole.endsWith(s.slice(0, length))) continue;
      certain = Math.min(certain, whole.length - length);
      break;
    }
  }
  return whole.slice(0, certain);
}
