import { nn, random, relu, reshape, type Tensor, type Value } from '@tutelage/engine';

/** A language model that sees the prompt and the last few tokens of the answer, as small as one can be. */
export interface WindowLmConfig {
  readonly vocabulary: number;
  /** Tokens of every prompt. */
  readonly prompt: number;
  /** Last tokens of the answer that are seen. */
  readonly window: number;
  /** Tokens of every answer. */
  readonly answer: number;
  /** Whether the place in the answer is seen too. */
  readonly place: boolean;
  /** Numbers that stand for a token in a place. */
  readonly embedding: number;
  /** Width of each hidden layer. */
  readonly hidden: readonly number[];
}

/** An embedding for each token in each slot, then layers. */
export type WindowLm<T> = {
  readonly slots: nn.Embedding<T>;
  readonly layers: readonly nn.Linear<T>[];
  readonly output: nn.Linear<T>;
};

/** What the net sees of a place: tokens of the prompt, of the answer so far, and perhaps the place. */
export function slotCount({ prompt, window, place }: WindowLmConfig): number {
  return prompt + window + Number(place);
}

/** Entries of a slot: tokens, or places, and one for what lies before the answer. */
function entries({ vocabulary, answer }: WindowLmConfig): number {
  return Math.max(vocabulary, answer) + 1;
}

/** @param outputScale factor on the weights of the output, for a sharper or flatter start */
export function initWindowLm(key: random.Key, config: WindowLmConfig, outputScale = 1): WindowLm<Tensor> {
  const slots = slotCount(config);
  const widths = [slots * config.embedding, ...config.hidden];
  const output = nn.initLinear(random.foldIn(key, 'output'), widths.at(-1)!, config.vocabulary);
  return {
    slots: nn.initEmbedding(random.foldIn(key, 'slots'), slots * entries(config), config.embedding, 1),
    layers: config.hidden.map((width, i) => nn.initLinear(random.foldIn(key, i), widths[i]!, width)),
    output: {
      ...output,
      weight: { ...output.weight, data: (output.weight.data as Float32Array).map((w) => w * outputScale) },
    },
  };
}

/**
 * @param contexts of {@link windowContexts}, [places, slots]
 * @returns logits of the next token, [places, vocabulary]
 */
export function windowLm(p: WindowLm<Value>, contexts: Value): Value {
  const embedded = nn.embed(p.slots, contexts);
  let x = reshape(embedded, [contexts.dim(0), embedded.dim(1) * embedded.dim(2)]);
  for (const layer of p.layers) x = relu(nn.linear(layer, x));
  return nn.linear(p.output, x);
}

/**
 * What the net sees before each token of some answers, as entries of the embedding: [answers x tokens, slots], row by row.
 *
 * @param from the first token of interest; `count` of them
 */
export function windowContexts(
  config: WindowLmConfig,
  prompts: readonly ArrayLike<number>[],
  answers: readonly ArrayLike<number>[],
  { from = 0, count = config.answer }: { readonly from?: number; readonly count?: number } = {},
): Int32Array {
  const slots = slotCount(config);
  const size = entries(config);
  const contexts = new Int32Array(prompts.length * count * slots);
  prompts.forEach((prompt, row) => {
    for (let t = from; t < from + count; t++) {
      const at = (row * count + t - from) * slots;
      for (let s = 0; s < config.prompt; s++) contexts[at + s] = s * size + 1 + prompt[s]!;
      for (let w = 0; w < config.window; w++) {
        const slot = config.prompt + w;
        const before = t - config.window + w;
        contexts[at + slot] = slot * size + (before < 0 ? 0 : 1 + answers[row]![before]!);
      }
      if (config.place) contexts[at + slots - 1] = (slots - 1) * size + t;
    }
  });
  return contexts;
}
