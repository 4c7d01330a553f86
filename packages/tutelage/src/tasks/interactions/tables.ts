import { chooseColumns, type Role } from '../columns.js';
import type { Encoding } from '../lines.js';
import { openTable, type Table } from '../table.js';
import type { Answer } from './builder.js';
import { numberOf, responseOf, timeOf } from './fields.js';
import type { InteractionFormat, Sink } from './format.js';

/** How a table whose columns the user names is read. */
export interface TableSettings {
  readonly columns?: Partial<Record<Role, string>> | undefined;
  /** Between several concepts of a question. */
  readonly separator?: string | undefined;
  /** The least score of a right answer, where answers have scores. */
  readonly threshold?: number | undefined;
}

/** A table with one row for each answer, or for each concept of one. */
interface Kind {
  readonly name: string;
  readonly recognises: (columns: readonly string[]) => boolean;
  readonly encoding?: Encoding;
  readonly building: InteractionFormat['building'];
  readonly warnings?: readonly string[];
  /** The columns that are read, in the order of `answer`'s cells. */
  readonly columns: (table: Table) => readonly string[];
  /** An answer, or the reason why there is none; undefined for a row that tells of nothing. */
  readonly answer: (
    cells: readonly string[],
    sink: Sink,
  ) => Answer | 'untagged' | { reason: string } | undefined;
}

const has =
  (...wanted: string[]) =>
  (columns: readonly string[]) =>
    wanted.every((name) => columns.includes(name));

const notBinary = { reason: 'response is neither 0 nor 1' };

const assistments2009: Kind = {
  name: 'ASSISTments skill builder',
  recognises: has('order_id', 'user_id', 'problem_id', 'skill_id', 'correct'),
  encoding: 'latin-1',
  building: { timed: false, expanded: true },
  columns: ({ columns }) => [
    'order_id',
    'user_id',
    'problem_id',
    'skill_id',
    'correct',
    ...(columns.includes('ms_first_response') ? ['ms_first_response'] : []),
  ],
  answer([order = '', learner = '', question = '', skill = '', correct = '', milliseconds = '']) {
    const response = responseOf(correct);
    if (response === undefined) return notBinary;
    const place = numberOf(order);
    if (place === undefined) return { reason: 'order_id is not a number' };
    if (/^(NA|NaN)?$/i.test(skill.trim())) return 'untagged';
    const duration = numberOf(milliseconds);
    return { learner, question, concepts: skill, response, order: place, duration };
  },
};

const assistments2015: Kind = {
  name: 'ASSISTments 2015',
  recognises: has('user_id', 'log_id', 'sequence_id', 'correct'),
  encoding: 'latin-1',
  building: { timed: false, expanded: true },
  columns: () => ['log_id', 'user_id', 'sequence_id', 'correct'],
  answer([log = '', learner = '', question = '', correct = '']) {
    const response = responseOf(correct);
    if (response === undefined) return notBinary;
    const order = numberOf(log);
    if (order === undefined) return { reason: 'log_id is not a number' };
    return { learner, question, response, order };
  },
};

const datashop: Kind = {
  name: 'DataShop export',
  recognises: (columns) =>
    columns.includes('Anon Student Id') &&
    ['Outcome', 'First Attempt'].some((name) => columns.includes(name)),
  building: { timed: true, separator: '~~' },
  columns({ columns }) {
    const concept = columns.find((name) => /^KC ?\(/.test(name)) ?? '';
    const pick = (...names: string[]) => names.find((name) => columns.includes(name)) ?? '';
    return [
      'Anon Student Id',
      pick('Problem Name', 'Level (Unit)'),
      pick('Step Name'),
      concept,
      pick('First Attempt', 'Outcome'),
      pick('First Transaction Time', 'Time', 'Step Start Time'),
      pick('Duration (sec)', 'Step Duration (sec)'),
      pick('Attempt At Step'),
    ];
  },
  answer(
    [learner = '', problem, step, concepts = '', outcome = '', at = '', seconds = '', attempt = ''],
    sink,
  ) {
    if (attempt !== '' && attempt !== '1') return undefined;
    // A hint asked for first counts as a wrong answer.
    const response = /^hint/i.test(outcome) ? 0 : responseOf(outcome);
    if (response === undefined) return notBinary;
    const time = timeOf(at);
    if (time === undefined) return { reason: 'time is missing' };
    if (time.zoneless) sink.note('no time zone');
    if (concepts.trim() === '') return 'untagged';
    const duration = numberOf(seconds);
    return {
      learner,
      question: [problem, step].filter((name) => name).join(' / '),
      concepts,
      response,
      order: time.milliseconds,
      duration: duration === undefined ? undefined : 1000 * duration,
    };
  },
};

const kinds = [assistments2009, assistments2015, datashop];
const roles = ['learner', 'question', 'concepts', 'response', 'time', 'duration'] as const;

/** A table of answers by the columns that the user names, or else by those whose names tell what they are. */
function plain(table: Table, { columns, separator, threshold }: TableSettings): Kind {
  const { names } = chooseColumns(table, roles, ['learner', 'question', 'response'], columns);
  return {
    name: 'table',
    recognises: () => true,
    building: { timed: names.time !== undefined, ...(separator && { separator }) },
    columns: () => roles.map((role) => names[role] ?? ''),
    answer([learner = '', question = '', concepts, correct = '', at = '', milliseconds = ''], sink) {
      const response = responseOf(correct, threshold);
      if (response === undefined) return notBinary;
      if (learner === '') return { reason: 'learner is missing' };
      if (question === '') return { reason: 'question is missing' };
      if (names.concepts !== undefined && (concepts ?? '').trim() === '') return 'untagged';
      const duration = names.duration === undefined ? undefined : numberOf(milliseconds);
      const answer = { learner, question, concepts: names.concepts && concepts, response, duration };
      if (names.time === undefined) return answer;
      const time = timeOf(at);
      if (time === undefined) return { reason: 'time is missing' };
      if (time.zoneless) sink.note('no time zone');
      return { ...answer, order: time.milliseconds };
    },
  };
}

/** A table of answers: ASSISTments 2009 and 2015, DataShop exports, or any table whose columns are named. */
export async function tableOfAnswers(path: string, settings: TableSettings = {}): Promise<InteractionFormat> {
  const opened = await openTable(path);
  const known = settings.columns ? undefined : kinds.find(({ recognises }) => recognises(opened.columns));
  const kind = known ?? plain(opened, settings);
  const table = kind.encoding ? await openTable(path, { encoding: kind.encoding }) : opened;
  return {
    name: kind.name,
    building: kind.building,
    warnings: kind.warnings ?? [],
    async read(sink) {
      const wanted = kind.columns(table);
      const present = wanted.filter((name) => name !== '');
      const places = wanted.map((name) => present.indexOf(name));
      for await (const batch of table.rows(present)) {
        for (const row of batch) {
          if (!('cells' in row)) {
            sink.reject(row.row, row.problem, row.raw);
            continue;
          }
          const cells = places.map((place) => {
            const cell = place < 0 ? '' : row.cells[place];
            return typeof cell === 'string' ? cell : '';
          });
          const answer = kind.answer(cells, sink);
          if (answer === undefined) continue;
          if (answer === 'untagged') sink.untagged(row.row, cells.join(' | '));
          else if ('reason' in answer) sink.reject(row.row, answer.reason, cells.join(' | '));
          else sink.add(answer);
        }
      }
    },
  };
}
