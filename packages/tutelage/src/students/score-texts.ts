import { jit, type Value } from '@tutelage/engine';
import type { CausalModel } from '../language/causal-model.js';
import { type LessonBatch, lessonBatch, positionsOf } from '../language/lessons.js';
import { type ScoredText, type TextScorer, tokenize } from '../language/text-alignment.js';
import { type Llama, llama } from '../models/llama.js';
import { tokenLogProbabilities } from '../objectives/tokens.js';

/** Rows have a multiple of so many tokens, so that few programs are compiled. */
const unit = 32;
const rowsABatch = 8;

/**
 * A model as a teacher of texts: what it thinks of each token of a prompt and its answer.
 *
 * @throws {UserError} when called, where its tokenizer changes a text
 */
export function textScorer({ params, config, tokenizer }: CausalModel): TextScorer {
  return async (texts, signal) => {
    const run = jit((p: Llama<Value>, { tokens, next, segments }: LessonBatch<Value>) =>
      tokenLogProbabilities(llama(p, config, tokens, segments), next),
    );
    try {
      const found: ScoredText[] = [];
      for (let at = 0; at < texts.length; at += rowsABatch) {
        signal.throwIfAborted();
        const own = texts
          .slice(at, at + rowsABatch)
          .map((text) => tokenize(tokenizer, text, "the teacher's"));
        const longest = Math.max(...own.map(({ lesson }) => positionsOf(lesson)));
        const length = unit * Math.ceil(longest / unit);
        const rows = Array.from({ length: rowsABatch }, (_, i) => (own[i] ? [own[i].lesson] : []));
        const logs = await run(params, lessonBatch(rows, { length, padding: tokenizer.special.end ?? 0 }));
        own.forEach(({ ends, start }, row) => {
          const of = (token: number) => Number(logs.data[row * length + token + start - 1]);
          const isFirst = (token: number) => token + start === 0;
          found.push({
            ends,
            logProbabilities: ends.map((_, token) => (isFirst(token) ? undefined : of(token))),
          });
        });
      }
      return found;
    } finally {
      await run.dispose();
    }
  };
}
