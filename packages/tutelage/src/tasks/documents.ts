import { UserError } from '../core/errors.js';
import { chooseColumns } from './columns.js';
import { readLines } from './lines.js';
import { openTable } from './table.js';
import { titled } from './titled.js';

/**
 * Documents to search, by id: a table with a text (and a title and an id, where it has them), or plain text with one document a line.
 * Without an id, the row is the id. What has no text is left out.
 *
 * @throws UserError if the file can't be read, or holds no text
 */
export async function readDocuments(path: string): Promise<ReadonlyMap<string, string>> {
  const documents = new Map<string, string>();
  const string = (cell: unknown) => (typeof cell === 'string' ? cell : undefined);
  const add = (row: number, id: string | undefined, text: string) => {
    if (text !== '') documents.set(id?.trim() || String(row), text);
  };
  if (/\.(txt|text|md)(\.gz)?$/i.test(path)) {
    for await (const lines of readLines(path)) {
      for (const { number, text } of lines) add(number, undefined, text.trim());
    }
  } else {
    const table = await openTable(path);
    const { id, title, text } = chooseColumns(table, ['title', 'text', 'id'], ['text']).names;
    const wanted = [text!, ...(title === undefined ? [] : [title]), ...(id === undefined ? [] : [id])];
    for await (const batch of table.rows(wanted)) {
      for (const row of batch) {
        if (!('cells' in row)) continue;
        const [body, ...others] = row.cells.map(string);
        const heading = title === undefined ? undefined : others.shift();
        add(row.row, others[0], titled(heading, body));
      }
    }
  }
  if (documents.size === 0) throw new UserError(`no text: ${path}`);
  return documents;
}
