import { createInterface } from 'node:readline';
import { UserError } from '../core/errors.js';

/** One line of stdin: a text, or a JSON object with one. */
export interface StdinItem {
  readonly input: string;
  readonly row?: Readonly<Record<string, unknown>>;
}

/**
 * The lines of stdin; those that begin with a brace are JSON. Blank lines are left out.
 *
 * @param member the member of JSON objects that holds the text
 * @throws {UserError} naming the line that can't be used
 */
export async function* stdinItems(
  member: string,
  stream: NodeJS.ReadableStream = process.stdin,
): AsyncGenerator<StdinItem> {
  let number = 0;
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    if (line.trim() === '') continue;
    yield line.startsWith('{') ? jsonItem(line, member, number) : { input: line };
  }
}

function jsonItem(line: string, member: string, number: number): StdinItem {
  let row: Record<string, unknown>;
  try {
    row = JSON.parse(line) as Record<string, unknown>;
  } catch {
    throw new UserError(`not valid JSON: line ${number}: ${line.slice(0, 80)}`);
  }
  const input = Object.hasOwn(row, member) ? row[member] : undefined;
  if (typeof input === 'string') return { input, row };
  const problem =
    input === undefined
      ? `line ${number} has no "${member}"`
      : `line ${number}: "${member}" is ${JSON.stringify(input).slice(0, 40)}`;
  throw new UserError(`no text: ${problem}`, {
    detail: `it has ${Object.keys(row).slice(0, 20).join(', ') || 'nothing'}`,
    hint: 'name the member that holds the text by --text',
  });
}
