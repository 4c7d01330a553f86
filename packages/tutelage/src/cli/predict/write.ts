import { given } from '../../core/given.js';
import { continuations } from '../../students/continuations.js';
import type { LoadedLanguageModel } from '../../students/load-language-model.js';
import type { PredictParameters } from '../commands/predict.js';
import { type Answer, jsonLine } from './items.js';

/** What a language model writes after texts. */
export function continueTexts(
  student: LoadedLanguageModel,
  { maxTokens, temperature, topP, seed, json }: PredictParameters,
): Answer {
  return async (items) => {
    const answers = await continuations(
      student,
      items.map(({ input }) => input),
      { maxTokens, temperature, ...given({ topP }), seed },
    );
    return items.map((item, i) => {
      const { text, reason } = answers[i]!;
      return item.row || json
        ? jsonLine(item, { continuation: text, finishReason: reason })
        : item.input + text;
    });
  };
}
