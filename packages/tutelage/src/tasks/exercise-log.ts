import { UserError } from '../core/errors.js';
import { type Parameter, placeOf } from './exercise-parameters.js';
import { openTable } from './table.js';

/** An episode that was before. */
export interface LoggedEpisode {
  /** In the unit box. */
  readonly task: readonly number[];
  readonly reward: number;
}

/**
 * Reads episodes from a table with a column for each parameter, one named `reward` or `score`, and perhaps one named `time`, which
 * tells their order.
 *
 * @throws {UserError} when a column is missing, or naming the first row with a cell that is no number or out of bounds
 */
export async function readExerciseLog(
  path: string,
  parameters: readonly Parameter[],
): Promise<LoggedEpisode[]> {
  const table = await openTable(path);
  const rewardColumn = table.columns.includes('reward') ? 'reward' : 'score';
  const timed = table.columns.includes('time');
  const columns = [...parameters.map(({ name }) => name), rewardColumn, ...(timed ? ['time'] : [])];
  const missing = columns.find((name) => !table.columns.includes(name));
  if (missing !== undefined) {
    throw new UserError(`no column ${missing}: ${path}`, { detail: `it has ${table.columns.join(', ')}` });
  }
  const episodes: (LoggedEpisode & { readonly time: number })[] = [];
  for await (const rows of table.rows(columns)) {
    for (const row of rows) {
      const fail = (problem: string): never => {
        throw new UserError(`${problem}: ${path}, row ${row.row}`);
      };
      if (!('cells' in row)) return fail(row.problem);
      const numbers = row.cells.map((cell, i) => {
        const value = typeof cell === 'string' && cell.trim() !== '' ? Number(cell) : Number.NaN;
        return Number.isFinite(value) ? value : fail(`${columns[i]}: not a number`);
      });
      const task = parameters.map((parameter, i) => {
        const { name, min, max } = parameter;
        const value = numbers[i]!;
        return value >= min && value <= max ? placeOf(parameter, value) : fail(`${name}: out of bounds`);
      });
      const [reward, time = episodes.length] = numbers.slice(parameters.length);
      episodes.push({ task, reward: reward!, time });
    }
  }
  return episodes.toSorted((a, b) => a.time - b.time).map(({ task, reward }) => ({ task, reward }));
}
