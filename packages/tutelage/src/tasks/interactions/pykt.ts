import { readLines } from '../lines.js';
import { openTable } from '../table.js';
import { numberOf, responseOf } from './fields.js';
import type { InteractionFormat, Sink } from './format.js';

const absent = 'NA';

/** The cells of a list; a comma behind the last one, as old files have it, is no cell. */
function cellsOf(line: string): string[] {
  const cells = line.trim().split(',');
  if (cells.at(-1) === '') cells.pop();
  return cells;
}

/** One learner's lists, each with a cell for every answer, or undefined where the file has none. */
interface Lists {
  readonly learner: string;
  readonly row: number;
  readonly questions: readonly string[] | undefined;
  readonly concepts: readonly string[] | undefined;
  readonly responses: readonly string[];
  readonly times?: readonly string[] | undefined;
  readonly durations?: readonly string[] | undefined;
}

function addLists(sink: Sink, lists: Lists): void {
  const { learner, row, questions, concepts, responses, times, durations } = lists;
  const items = questions ?? concepts;
  const wrong = [items, concepts, times, durations].find(
    (list) => list !== undefined && list.length !== responses.length,
  );
  if (items === undefined || wrong) {
    sink.reject(row, `lists of different lengths: ${wrong?.length ?? 0} and ${responses.length}`, learner);
    return;
  }
  responses.forEach((text, i) => {
    if (text === '-1') return; // Padding of sequences that were cut.
    const response = responseOf(text);
    const concept = concepts?.[i];
    if (response === undefined) sink.reject(row, 'response is neither 0 nor 1', `${learner}: ${text}`);
    else if (concept === absent || concept === '-1') sink.untagged(row, `${learner}: ${items[i]}`);
    else {
      sink.add({
        learner,
        question: items[i]!,
        ...(concept !== undefined && { concepts: concept }),
        response,
        ...(times && { order: numberOf(times[i]!) ?? i }),
        ...(durations && { duration: numberOf(durations[i]!) }),
      });
    }
  });
}

/** Lines of a text file with the number of each, blank ones left out. */
async function* textLines(path: string): AsyncGenerator<{ number: number; text: string }> {
  for await (const batch of readLines(path))
    for (const line of batch) if (line.text.trim() !== '') yield line;
}

/**
 * Files of several lines for each learner, by their first lines: pyKT's six (`id,length`, questions, concepts, responses, times,
 * durations, `NA` for what is not known) or the older three (length, ids, responses).
 *
 * @returns undefined where it is neither
 */
export async function linesOfLearners(path: string): Promise<InteractionFormat | undefined> {
  const head: string[] = [];
  for await (const { text } of textLines(path)) if (head.push(text) === 6) break;
  const numbers = /^\s*\d+\s*$/;
  if (numbers.test(head[0] ?? '') && cellsOf(head[1] ?? '').length === Number(head[0])) {
    return {
      name: 'three lines a learner',
      building: { timed: false },
      warnings: [
        'the file has one id an answer, so questions are their concepts; where an answer exercised several, it may be there several times',
      ],
      read: (sink) =>
        grouped(path, 3, sink, ([length = '', ids = '', responses = ''], row, count) => {
          const lists = { learner: String(count), row, questions: cellsOf(ids), concepts: undefined };
          if (cellsOf(ids).length !== Number(length)) {
            sink.reject(row, `length is not that of the list: ${length.trim()}`, ids.slice(0, 100));
          } else addLists(sink, { ...lists, responses: cellsOf(responses) });
        }),
    };
  }
  const [, length] = /^[^,]+,(\d+)\s*$/.exec(head[0] ?? '') ?? [];
  if (head.length < 6 || length === undefined || cellsOf(head[3]!).length !== Number(length))
    return undefined;
  const timed = head[4]!.trim() !== absent;
  return {
    name: 'six lines a learner (pyKT)',
    building: { timed },
    warnings: [],
    read: (sink) =>
      grouped(path, 6, sink, (lines, row) => {
        const list = (i: number) => (lines[i]!.trim() === absent ? undefined : cellsOf(lines[i]!));
        addLists(sink, {
          learner: lines[0]!.slice(0, lines[0]!.lastIndexOf(',')),
          row,
          questions: list(1),
          concepts: list(2),
          responses: list(3) ?? [],
          times: timed ? list(4) : undefined,
          durations: list(5),
        });
      }),
  };
}

async function grouped(
  path: string,
  size: number,
  sink: Sink,
  take: (lines: readonly string[], row: number, count: number) => void,
): Promise<void> {
  let [lines, row, count]: [string[], number, number] = [[], 0, 0];
  for await (const { number, text } of textLines(path)) {
    if (lines.length === 0) row = number;
    if (lines.push(text) < size) continue;
    take(lines, row, ++count);
    lines = [];
  }
  if (lines.length > 0) sink.reject(row, `learner of ${lines.length} lines, not ${size}`, lines[0]!);
}

/** pyKT's table with a row for each learner, whose cells are lists: `fold,uid,concepts,responses`, and perhaps more. */
export async function tableOfLearners(path: string): Promise<InteractionFormat | undefined> {
  const table = await openTable(path);
  const { columns } = table;
  if (!['uid', 'concepts', 'responses'].every((name) => columns.includes(name))) return undefined;
  const known = ['uid', 'fold', 'questions', 'concepts', 'responses', 'timestamps', 'usetimes'];
  const wanted = known.filter((name) => columns.includes(name));
  return {
    name: 'table of learners (pyKT)',
    building: { timed: columns.includes('timestamps') },
    warnings: [],
    async read(sink) {
      for await (const batch of table.rows(wanted)) {
        for (const row of batch) {
          if (!('cells' in row)) {
            sink.reject(row.row, row.problem, row.raw);
            continue;
          }
          const cell = (name: string): string | undefined => {
            const value = row.cells[wanted.indexOf(name)];
            return typeof value === 'string' ? value : undefined;
          };
          const list = (name: string) => {
            const text = cell(name);
            return text === undefined ? undefined : cellsOf(text);
          };
          const learner = cell('uid') ?? '';
          const fold = numberOf(cell('fold') ?? '');
          if (fold !== undefined) sink.assign(learner, fold, row.row);
          addLists(sink, {
            learner,
            row: row.row,
            questions: list('questions'),
            concepts: list('concepts'),
            responses: list('responses') ?? [],
            times: list('timestamps'),
            durations: list('usetimes'),
          });
        }
      }
    },
  };
}
