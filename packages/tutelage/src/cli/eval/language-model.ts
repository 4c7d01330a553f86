import { bootstrapOptions } from '../../assessment/bootstrap-options.js';
import { languageFigures } from '../../assessment/language-report.js';
import { codeLengths } from '../../students/language-model.js';
import type { LoadedLanguageModel } from '../../students/load-language-model.js';
import { rejectionWarnings } from '../../tasks/dataset-warnings.js';
import { readTextCorpus } from '../../tasks/text-corpus.js';
import type { EvalParameters } from '../commands/eval.js';
import {
  type Evaluation,
  evaluationSeed,
  measureLines,
  nothingFound,
  nothingHeldOut,
  partsOf,
} from './evaluation.js';

/** How well a language model predicts texts. */
export async function evaluateLanguageModel(
  student: LoadedLanguageModel,
  settings: EvalParameters,
): Promise<Evaluation> {
  const { text } = settings;
  const corpus = await readTextCorpus(settings.data, {
    shares: nothingHeldOut,
    columns: text === undefined ? {} : { text },
  });
  const texts = partsOf(settings).flatMap((split) => corpus.splits[split]);
  const stretches = await codeLengths(student, texts);
  if (stretches.length === 0) throw nothingFound('text', settings);
  const measures = languageFigures(stretches, bootstrapOptions(stretches.length, evaluationSeed));
  const bytes = stretches.reduce((sum, stretch) => sum + stretch.bytes, 0);
  return {
    result: { bytes, measures, warnings: rejectionWarnings(corpus.rejected) },
    lines: [['bytes', String(bytes)], ...measureLines(measures)],
  };
}
