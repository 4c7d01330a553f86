import { UserError } from '../core/errors.js';
import { type Cell, openTable } from './table.js';

/** A yes or a no; undefined where none was given. */
export type Rating = boolean | undefined;

/** Comments, and what annotators said of them; lists are in the order of the comments. */
export interface AnnotatedComments {
  readonly ids: readonly string[];
  readonly texts: readonly string[];
  /** What stands beside each comment, by column. */
  readonly contexts: readonly Readonly<Record<string, string>>[];
  /** By column. */
  readonly ratings: ReadonlyMap<string, readonly Rating[]>;
  /** Rows that hold no comment. */
  readonly empty: number;
}

export interface AnnotationColumns {
  readonly comment: string;
  /** Line numbers stand for ids where there is no such column. */
  readonly id?: string | undefined;
  readonly context: readonly string[];
  /** Columns of yes and no. */
  readonly ratings: readonly string[];
}

/**
 * Reads comments with their context and ratings from a table: CSV and the like, JSON lines, Parquet. Ratings are true or false, yes
 * or no, 1 or 0, in any case; an empty cell is no rating.
 *
 * @throws {UserError} if a column is missing, a row can't be read, or a rating is something else, with its row
 */
export async function readAnnotations(path: string, columns: AnnotationColumns): Promise<AnnotatedComments> {
  const table = await openTable(path);
  const { comment, id, context, ratings } = columns;
  const wanted = [comment, ...(id === undefined ? [] : [id]), ...context, ...ratings];
  const missing = wanted.find((name) => !table.columns.includes(name));
  if (missing !== undefined) {
    throw new UserError(`no such column: ${missing}, in ${path}`, {
      detail: `there are ${table.columns.slice(0, 40).join(', ')}`,
      ...(missing === comment && { hint: 'name the column of the comments under "comment"' }),
    });
  }
  const read = {
    ids: [] as string[],
    texts: [] as string[],
    contexts: [] as Record<string, string>[],
    ratings: new Map(ratings.map((name) => [name, [] as Rating[]])),
    empty: 0,
  };
  for await (const batch of table.rows(wanted)) {
    for (const row of batch) {
      if (!('cells' in row)) throw new UserError(`${row.problem}: ${path}:${row.row}`);
      const cells = new Map(
        wanted.map((name, i) => [name, textOf(row.cells[i] ?? null, path, row.row, name)]),
      );
      const text = cells.get(comment)!;
      if (text.trim() === '') {
        read.empty += 1;
        continue;
      }
      read.ids.push((id === undefined ? '' : cells.get(id)!) || String(row.row));
      read.texts.push(text);
      read.contexts.push(Object.fromEntries(context.map((name) => [name, cells.get(name)!])));
      for (const [name, given] of read.ratings) given.push(ratingOf(cells.get(name)!, path, row.row, name));
    }
  }
  if (read.texts.length === 0) throw new UserError(`no comments: ${path}`);
  return read;
}

function textOf(cell: Cell, path: string, row: number, column: string): string {
  if (cell === null || typeof cell === 'string') return cell ?? '';
  throw new UserError(`${column}: a ${cell.nested} where a text should be: ${path}:${row}`);
}

const yes = ['true', 'yes', '1', '1.0'];
const no = ['false', 'no', '0', '0.0'];

function ratingOf(cell: string, path: string, row: number, column: string): Rating {
  const word = cell.trim().toLowerCase();
  if (word === '') return undefined;
  if (yes.includes(word)) return true;
  if (no.includes(word)) return false;
  throw new UserError(`${column}: not a yes or no: ${JSON.stringify(cell)}, ${path}:${row}`, {
    hint: 'write true or false, yes or no, 1 or 0, or leave the cell empty',
  });
}
