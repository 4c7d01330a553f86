import Libsql from 'libsql';
import { UserError } from 'tutelage';

/** What may be bound to a statement. The library ends the process at anything else, so that booleans and dates stay out. */
export type Bound = string | number | null | Uint8Array;

/** One value of a row. */
export type Column = string | number | null | ArrayBuffer;

/** The studio's database. All functions are synchronous; queries take milliseconds. */
export interface Database {
  /** The rows of a query, each by column names. */
  all(sql: string, ...values: readonly Bound[]): Row[];
  /** The first row, if there is one. */
  get(sql: string, ...values: readonly Bound[]): Row | undefined;
  /** Changes something; gives the number of rows that were changed and the id of the row that was added last. */
  run(sql: string, ...values: readonly Bound[]): { readonly changes: number; readonly id: number };
  /** Several statements without values. */
  exec(sql: string): void;
  /** All or nothing of what `work` does. Not to be nested. */
  transaction<T>(work: () => T): T;
  close(): void;
}

export type Row = Readonly<Record<string, Column>>;

type Statement = Libsql.Statement;

/**
 * Opens or makes a database.
 *
 * @param path of its file, or `:memory:`
 * @throws {UserError} when the file can't be opened, or is no database
 */
export function openDatabase(path: string): Database {
  const connection = opened(path);
  const statements = new Map<string, Statement>();
  const prepared = (sql: string): Statement => {
    const known = statements.get(sql);
    if (known) return known;
    const statement = connection.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  return {
    all: (sql, ...values) => prepared(sql).all(bound(values)) as Row[],
    get: (sql, ...values) => prepared(sql).all(bound(values))[0] as Row | undefined,
    run(sql, ...values) {
      const { changes, lastInsertRowid } = prepared(sql).run(bound(values));
      return { changes, id: Number(lastInsertRowid) };
    },
    exec: (sql) => void connection.exec(sql),
    transaction: (work) => connection.transaction(work).immediate(),
    close: () => void connection.close(),
  };
}

function opened(path: string): Libsql.Database {
  try {
    const connection = new Libsql(path, { timeout: 5000 });
    connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON');
    return connection;
  } catch (cause) {
    throw new UserError(`can't open the database: ${path}`, {
      detail: cause instanceof Error ? cause.message : String(cause),
      hint: 'is the folder writable, and the file a database of the studio?',
      cause,
    });
  }
}

/** As an array: the library takes a single value that is an object for names and values. */
function bound(values: readonly Bound[]): Bound[] {
  return values.map((value) => {
    if (typeof value === 'string') return value.replaceAll('\0', '\ufffd');
    if (value === null || typeof value === 'number') return value;
    if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    throw new TypeError(`internal: can't bind ${typeof value}`);
  });
}
