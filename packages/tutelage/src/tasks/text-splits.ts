import { stat } from 'node:fs/promises';
import { UserError } from '../core/errors.js';
import type { Example } from '../core/example.js';
import type { ColumnChoice } from './columns.js';
import type { SplitName } from './splits.js';
import type { Row, Table } from './table.js';

/** The examples of a split; each iteration reads the files anew and holds one batch of rows at a time. */
export interface Split extends AsyncIterable<Example<string, string>> {
  readonly size: number;
  /** How many examples each label has, in the order of the labels. */
  readonly labelCounts: readonly number[];
  toArray(): Promise<Example<string, string>[]>;
}

/** A file of a data set. */
export interface Source {
  /** Its name within the data set. */
  readonly name: string;
  /** The split of all its rows, if the file stands for one. */
  readonly given: SplitName | undefined;
  readonly table: Table;
  readonly columns: ColumnChoice;
  readonly version: string;
  /** Its usable rows are the positions from `start` to `end` of the data set. */
  readonly start: number;
  readonly end: number;
}

/** What is known of the usable rows of a data set, by position. */
export interface CheckedRows {
  readonly sources: readonly Source[];
  readonly rows: Int32Array;
  readonly classes: Int32Array;
  readonly splits: Uint8Array;
  readonly labels: readonly string[];
}

/** Changes when the content of a file does. */
export async function fileVersion(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  return `${found?.size} ${found?.mtimeMs}`;
}

/** @param split position in SPLIT_NAMES */
export function splitView(data: CheckedRows, split: number, labelCounts: readonly number[]): Split {
  const iterate = (): AsyncGenerator<Example<string, string>> => readExamples(data, split);
  return {
    size: labelCounts.reduce((sum, count) => sum + count, 0),
    labelCounts,
    [Symbol.asyncIterator]: iterate,
    async toArray() {
      const examples: Example<string, string>[] = [];
      for await (const example of iterate()) examples.push(example);
      return examples;
    },
  };
}

async function* readExamples(data: CheckedRows, split: number): AsyncGenerator<Example<string, string>> {
  for (const source of data.sources) {
    if (!data.splits.subarray(source.start, source.end).includes(split)) continue;
    const { text, id } = source.columns.names;
    let position = source.start;
    for await (const batch of source.table.rows([text!, id ?? text!])) {
      for (const row of batch) {
        if (row.row !== data.rows[position]) continue;
        if (data.splits[position] === split) yield example(data, source, position, row as Row);
        position++;
      }
    }
    if (position !== source.end || (await fileVersion(source.table.path)) !== source.version) {
      throw new UserError(`file has changed since it was checked: ${source.table.path}`, {
        hint: 'run the command again',
      });
    }
  }
}

function example(
  data: CheckedRows,
  source: Source,
  position: number,
  { row, cells }: Row,
): Example<string, string> {
  const [text, id] = cells;
  const { name, given, columns } = source;
  const own = columns.names.id === undefined ? undefined : String(id);
  return {
    // Ids are unique within a file only.
    id: own !== undefined && given === undefined ? own : `${name}:${own ?? row}`,
    input: text as string,
    target: data.labels[data.classes[position]!]!,
  };
}
