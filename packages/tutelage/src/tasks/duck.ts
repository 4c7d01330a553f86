import { DuckDBInstance, DuckDBTypeId, type DuckDBValue } from '@duckdb/node-api';
import { UserError } from '../core/errors.js';

/** A chunk of a query's result: columns of equally many values. */
type Columns = readonly DuckDBValue[][];

/** What a column of a Parquet file holds: one value a row, or several. */
export interface ParquetColumn {
  readonly name: string;
  readonly nested: 'list' | 'object' | undefined;
}

const NESTED = new Map<DuckDBTypeId, 'list' | 'object'>([
  [DuckDBTypeId.LIST, 'list'],
  [DuckDBTypeId.ARRAY, 'list'],
  [DuckDBTypeId.STRUCT, 'object'],
  [DuckDBTypeId.MAP, 'object'],
  [DuckDBTypeId.UNION, 'object'],
  [DuckDBTypeId.VARIANT, 'object'],
]);

/** The columns of a Parquet file. @throws UserError if it is not one. */
export async function parquetColumns(path: string): Promise<ParquetColumn[]> {
  return withFile(path, 'Parquet', async (connection) => {
    const result = await connection.run('SELECT * FROM read_parquet($1, hive_partitioning = false) LIMIT 0', [
      path,
    ]);
    return result.columnNames().map((name, i) => ({ name, nested: NESTED.get(result.columnTypeId(i)) }));
  });
}

/** The values of a Parquet file's columns as text (null where empty), chunk by chunk in the order of the file. */
export function parquetText(path: string, columns: readonly string[]): AsyncGenerator<Columns> {
  const list = columns.map((name) => `CAST(${identifier(name)} AS VARCHAR)`).join(', ');
  return stream(path, 'Parquet', `SELECT ${list} FROM read_parquet($1, hive_partitioning = false)`);
}

/** The elements of a file that holds one JSON array, gzipped or not, as JSON text: one column. */
export function jsonArrayElements(path: string, zipped: boolean): AsyncGenerator<Columns> {
  const compression = zipped ? 'gzip' : 'uncompressed';
  return stream(
    path,
    'JSON',
    `SELECT CAST(json AS VARCHAR) FROM read_json_objects($1, format = 'array', compression = '${compression}')`,
  );
}

async function* stream(path: string, format: string, sql: string): AsyncGenerator<Columns> {
  const { connection, close } = await openFile(path);
  try {
    const result = await connection.stream(sql, [path]);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      yield chunk.getColumns();
    }
  } catch (cause) {
    throw readError(path, format, cause);
  } finally {
    close();
  }
}

type Connection = Awaited<ReturnType<DuckDBInstance['connect']>>;

async function withFile<T>(path: string, format: string, use: (c: Connection) => Promise<T>): Promise<T> {
  const { connection, close } = await openFile(path);
  try {
    return await use(connection);
  } catch (cause) {
    throw readError(path, format, cause);
  } finally {
    close();
  }
}

/** A database in memory that can reach one file, and neither other files, nor the network, nor extensions. */
async function openFile(path: string): Promise<{ connection: Connection; close: () => void }> {
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  await connection.run(`SET allowed_paths = [${literal(path)}]`);
  await connection.run('SET enable_external_access = false');
  await connection.run('SET lock_configuration = true');
  return {
    connection,
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

function readError(path: string, format: string, cause: unknown): unknown {
  if (cause instanceof UserError || !(cause instanceof Error)) return cause;
  const [reason] = cause.message.split('\n');
  return new UserError(`not a readable ${format} file: ${path}`, { detail: reason ?? '', cause });
}

function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
