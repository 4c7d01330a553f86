import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { explained } from '../runs/file-errors.js';
import type { PairScorer } from './pair-scorer.js';

/**
 * A teacher whose scores are kept in a file, a line each, so that what was paid for once is not asked for again when a run is started
 * anew. Scores of another teacher or other data are dropped, and so is a line that a killed process wrote in part.
 *
 * @param key of all that the scores depend on beside the teacher
 * @throws {UserError} when the file can't be read or written
 */
export function keptScores(teacher: PairScorer, path: string, key: string): PairScorer {
  const head = `${JSON.stringify([teacher.fingerprint, key])}\n`;
  const known = new Map<string, number>();
  explained('read kept scores', path, () => {
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const whole = text.startsWith(head) ? text.slice(0, text.lastIndexOf('\n') + 1) : head;
    for (const line of whole.slice(head.length).split('\n')) {
      const [query, passage, score] = line.split('\t');
      if (score !== undefined) known.set(`${query} ${passage}`, Number(score));
    }
    if (whole !== text) writeFileSync(path, whole);
  });
  return {
    fingerprint: teacher.fingerprint,
    async score(pairs, signal) {
      const missing = pairs.filter((pair) => !known.has(pair.join(' ')));
      const scores = missing.length > 0 ? await teacher.score(missing, signal) : [];
      const lines = missing.map(([query, passage], i) => `${query}\t${passage}\t${scores[i]}\n`);
      explained('keep scores', path, () => appendFileSync(path, lines.join('')));
      missing.forEach((pair, i) => {
        known.set(pair.join(' '), scores[i] ?? Number.NaN);
      });
      return Float64Array.from(pairs, (pair) => known.get(pair.join(' '))!);
    },
  };
}
