import { random } from '@tutelage/engine';
import type { Arm } from '../core/claim.js';
import { shuffled } from '../curricula/weighted-draw.js';
import { trainWordPiece } from '../language/tokenizer/train.js';
import { type EncoderConfig, initEncoder } from '../models/encoder.js';
import { products } from '../search/vectors.js';
import { type EncoderStudent, embedder, meanPooled } from '../students/encoder-student.js';
import { tokensFeaturizer } from '../students/tokens.js';
import { wordBagEncoder } from '../students/word-bag-encoder.js';
import { intentUtterances } from '../tasks/intents.js';

export interface SpeedExperiment {
  /** Texts that a question is scored with. */
  readonly gallery: number;
  /** Of these, those that a joint scorer is timed on. */
  readonly timed: number;
  /** Of the linear encoder. */
  readonly width: number;
}

const longest = 40;

/**
 * How many pairs of a question and a text are scored in a second of CPU, on one thread: by a transformer that reads both together, or by
 * encoders that read each alone, where encoding the question and all texts counts. No weights are learned: they do not change the time.
 */
export function speedArms({ gallery, timed, width }: SpeedExperiment): Arm[] {
  const arm = (
    id: string,
    title: string,
    encoderOf: (texts: readonly string[], key: random.Key) => EncoderStudent,
    isJoint: boolean,
  ): Arm => ({
    id,
    title,
    async run(seed) {
      const { train } = await intentUtterances(seed);
      const key = random.key(seed);
      const all = train.flat();
      const [question, ...texts] = shuffled(all.length, key).map((place) => all[place]!);
      const encoder = encoderOf(all, key);
      const model = embedder(encoder, { threads: 1 });
      const embed = (some: readonly string[]) => model.embed(encoder.params, some);
      const scored = texts.slice(0, isJoint ? timed : gallery);
      const score = async () => {
        if (isJoint) await embed(scored.map((text) => `${question} ${text}`));
        else products(await embed([question!]), await embed(scored));
      };
      // The first time compiles.
      await score();
      const before = process.cpuUsage();
      await score();
      const { user, system } = process.cpuUsage(before);
      await model.dispose();
      const rate = scored.length / ((user + system) / 1e6);
      return { value: Math.log(rate), figures: { 'pairs a second': rate } };
    },
  });
  const transformer = (layers: number) => (texts: readonly string[], key: random.Key) => {
    const tokenizer = trainWordPiece(texts, { vocabulary: 8_000 });
    const config: EncoderConfig = {
      vocabulary: tokenizer.vocabularySize,
      positions: longest,
      width: 128,
      layers,
      heads: 4,
      intermediate: 512,
      dropout: 0,
    };
    return {
      preset: 'speed',
      featurizer: tokensFeaturizer({ length: longest, hidden: 0, ngrams: null }, tokenizer),
      width: config.width,
      params: initEncoder(key, config),
      embed: meanPooled(config),
      plan: { batchSize: 1, learningRate: 1 },
    };
  };
  const linear = (texts: readonly string[], key: random.Key) =>
    wordBagEncoder(texts, { width, weighting: 'log' }, key);
  return [
    arm('joint-4', 'a joint scorer of four layers', transformer(4), true),
    arm('joint-1', 'a joint scorer of one layer', transformer(1), true),
    arm('dual-words', 'two sides apart, linear in their words', linear, false),
    arm('dual-1', 'two sides apart, one layer', transformer(1), false),
  ];
}
