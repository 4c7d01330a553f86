import { UserError } from '../core/errors.js';
import { readLines } from './lines.js';

/** What a teacher said of a query's relevant and of another passage. */
export interface TeacherScore {
  readonly positiveScore: number;
  readonly negativeScore: number;
  readonly query: string;
  readonly positive: string;
  readonly negative: string;
}

const columns = 'pos_score, neg_score, query_id, pos_id, neg_id';

/**
 * Reads a table of teacher scores as matchmaker (Hofstätter et al. 2021) writes it: five columns, separated by tabs, without a header.
 *
 * @throws {UserError} at the first line that has not five columns, or whose scores are not finite numbers
 */
export async function readTeacherScores(path: string): Promise<TeacherScore[]> {
  const scores: TeacherScore[] = [];
  for await (const lines of readLines(path)) {
    for (const { number, text, problem } of lines) {
      if (problem === undefined && text.trim() === '') continue;
      const cells = text.split('\t').map((cell) => cell.trim());
      const [positiveScore, negativeScore] = [Number(cells[0] || Number.NaN), Number(cells[1] || Number.NaN)];
      if (problem !== undefined || cells.length !== 5) {
        throw new UserError(`not a line of teacher scores: ${path}:${number}`, {
          detail: problem ?? `it has ${cells.length} columns`,
          hint: `five columns are needed, separated by tabs: ${columns}`,
        });
      }
      if (!Number.isFinite(positiveScore) || !Number.isFinite(negativeScore)) {
        throw new UserError(`a teacher's score is not a finite number: ${path}:${number}`, {
          detail: `${cells[0]} and ${cells[1]}`,
        });
      }
      const [, , query, positive, negative] = cells as [string, string, string, string, string];
      scores.push({ positiveScore, negativeScore, query, positive, negative });
    }
  }
  return scores;
}
