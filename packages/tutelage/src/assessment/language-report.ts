import { UserError } from '../core/errors.js';
import { type BootstrapOptions, percentileInterval } from './bootstrap.js';
import { bootstrapOptions } from './bootstrap-options.js';
import type { Costs } from './economy-schema.js';
import type { LanguageReport, MeasuredArm } from './measured-report-schema.js';
import type { ReportContext } from './report-context.js';
import { decimal } from './wording.js';

/** A stretch of text, and what it costs when it is coded with a model's predictions (Shannon 1948). */
export interface Coded {
  readonly bits: number;
  readonly tokens: number;
  /** Of the text in UTF-8; tokens that end a text have none. */
  readonly bytes: number;
  readonly text: string;
}

export interface LanguageModelAssessment extends ReportContext {
  readonly student: { readonly title: string; readonly costs?: Costs };
  /** The test text, stretch by stretch. */
  readonly stretches: readonly Coded[];
  readonly samples: LanguageReport['samples'];
}

const shownStretches = 8;
/** Shorter ones are all surprise: the end of a text has little before it. */
const leastBytes = 32;

/**
 * Assesses a taught language model on test text, with intervals over its stretches.
 *
 * @throws UserError if there is no test text
 */
export function assessLanguageModel(input: LanguageModelAssessment): LanguageReport {
  const { student, stretches, samples } = input;
  if (stretches.length === 0) throw new UserError('nothing to assess: there is no test text');
  const measures = languageFigures(stretches, bootstrapOptions(stretches.length, input.reproduce.seed));
  const [bits] = measures;
  const { title, sizes, warnings, rejected, curves, reproduce } = input;
  return {
    format: 1,
    kind: 'language model',
    title,
    verdict: {
      tone: 'open',
      sentence: `The language model needs ${decimal(bits!.estimate, 3)} bits for a byte of the test text (95 % interval ${decimal(bits!.low, 3)} to ${decimal(bits!.high, 3)}): it codes the text in ${decimal((100 * bits!.estimate) / 8, 0)} % of its size.`,
    },
    sizes,
    arms: [{ id: 'student', title: student.title, measures, costs: student.costs ?? {} }],
    samples,
    hardest: stretches
      .filter(({ bytes }) => bytes >= leastBytes)
      .map(({ text, bits, bytes }) => ({ text, bitsPerByte: bits / bytes }))
      .sort((a, b) => b.bitsPerByte - a.bitsPerByte)
      .slice(0, shownStretches),
    warnings,
    rejected,
    curves,
    reproduce,
  };
}

/** Bits per byte and perplexity of a token, with intervals over the stretches. */
export function languageFigures(
  stretches: readonly Coded[],
  options: BootstrapOptions,
): MeasuredArm['measures'] {
  const ratio =
    (of: 'bytes' | 'tokens') =>
    (positions: ArrayLike<number>): number => {
      let [bits, count] = [0, 0];
      for (let i = 0; i < positions.length; i++) {
        bits += stretches[positions[i]!]!.bits;
        count += stretches[positions[i]!]![of];
      }
      return bits / Math.max(1, count);
    };
  const of = (statistic: (positions: ArrayLike<number>) => number) =>
    percentileInterval(statistic, stretches.length, options);
  const bitsPerToken = ratio('tokens');
  return [
    { name: 'bits per byte', ...of(ratio('bytes')) },
    { name: 'perplexity', ...of((positions) => 2 ** bitsPerToken(positions)) },
  ];
}
