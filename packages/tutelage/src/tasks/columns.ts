import { UserError } from '../core/errors.js';
import type { Table } from './table.js';

/** What a column can be used for. */
export type Role =
  | 'text'
  | 'label'
  | 'id'
  | 'split'
  | 'title'
  | 'relevance'
  /** Identifiers of a query and a document, in judgements. */
  | 'query'
  | 'document'
  /** The texts themselves, in pairs. */
  | 'query text'
  | 'document text'
  /** Of answers of learners. */
  | 'learner'
  | 'question'
  | 'concepts'
  | 'response'
  | 'time'
  | 'duration';

/** The column of each role, and for the user how it was found. */
export interface ColumnChoice {
  readonly names: Partial<Record<Role, string>>;
  readonly reasons: Partial<Record<Role, string>>;
}

const words = (list: string): string[] => list.split(' ');

// Most telling first; compared without case, blanks, hyphens, dots, underscores and accents.
const NAMES: Readonly<Record<Role, readonly string[]>> = {
  text: [
    ...words('text sentence utterance question query message content body comment review document passage'),
    ...words('input prompt tweet abstract contents texte phrase title'),
  ],
  label: [
    ...words('label category intent class target sentiment topic tag labeltext labelname labels classname'),
    ...words('coarselabel emotion gold output y etiquette categorie classe'),
  ],
  id: words('id uid uuid guid idx index key docid queryid exampleid rowid'),
  split: words('split set subset fold partition part'),
  query: words('queryid qid query topicid topic questionid'),
  document: words('corpusid docid documentid docno did pid passageid document doc'),
  'query text': words('query question querytext anchor search claim q input title'),
  'document text': words('document passage answer documenttext positive context doc text body response a'),
  relevance: words('score relevance rel judgement judgment grade label rating'),
  title: words('title titre heading headline'),
  learner: words('learnerid learner studentid student userid user uid anonstudentid pupilid pupil eleve'),
  question: words('questionid question problemid problem itemid item exerciseid exercise stepid qid'),
  concepts: words('concepts concept conceptid skills skill skillid kcs kc kcid tags topics topic topicid'),
  response: words('correct response responses iscorrect outcome success score firstattempt right'),
  time: words('timestamp time datetime date eventtime createdat starttime'),
  duration: words('duration elapsedtime elapsed msfirstresponse responsetime timetaken latency'),
};

const KNOWN = new Set([...Object.values(NAMES).flat(), ...words('name date author source language iter')]);

function plain(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/[\s._\-\u0300-\u036f]/g, '')
    .toLowerCase();
}

/** Columns listed in an error. */
const SHOWN = 20;

interface Statistics {
  readonly name: string;
  readonly filled: number;
  readonly distinct: number;
  readonly meanLength: number;
  readonly nested: boolean;
}

function statistics(table: Table): Statistics[] {
  return table.columns.map((name, column) => {
    const values: string[] = [];
    let nested = false;
    for (const { cells } of table.sample) {
      const cell = cells[column] ?? null;
      if (typeof cell === 'string') values.push(cell);
      else if (cell !== null) nested = true;
    }
    const characters = values.reduce((sum, value) => sum + value.length, 0);
    return {
      name,
      filled: values.length,
      distinct: new Set(values).size,
      meanLength: characters / Math.max(1, values.length),
      nested,
    };
  });
}

/** Whether values repeat as those of classes do: two or more, each used about twice or more. */
function looksLikeLabel(s: Statistics): boolean {
  return !s.nested && s.distinct >= 2 && s.distinct <= s.filled / 2;
}

function looksLikeText(s: Statistics): boolean {
  return !s.nested && s.meanLength >= 8 && s.distinct > s.filled / 2;
}

function guessByStatistics(role: Role, free: readonly Statistics[]): Statistics | undefined {
  if (role === 'text') return free.filter(looksLikeText).sort((a, b) => b.meanLength - a.meanLength)[0];
  if (role === 'label') return free.filter(looksLikeLabel).sort((a, b) => a.distinct - b.distinct)[0];
  if (role === 'id')
    return free.filter((s) => !looksLikeText(s)).sort((a, b) => a.meanLength - b.meanLength)[0];
  if (role === 'query text') return free.filter(looksLikeText).sort((a, b) => a.meanLength - b.meanLength)[0];
  if (role === 'document text') return guessByStatistics('text', free);
  return undefined;
}

/** A name is not enough for an id or a split: the values must be fit for it. An id that is required may have faults. */
function fits(role: Role, s: Statistics, rows: number, required: boolean): boolean {
  if (role === 'id') return !s.nested && s.distinct >= (required ? s.filled / 2 : rows);
  if (role === 'split') return s.distinct <= 10;
  return true;
}

/**
 * Finds the columns of a table to use: those that the user named, then by their names, then by statistics of the
 * first rows (text, label, and an id if it is required).
 *
 * @param roles the roles to fill; a column fills at most one
 * @param required roles without which the table is of no use
 * @param given columns that the user named; an empty name says that there is no such column
 * @throws UserError if a given column does not exist or a required one can't be found, with the columns that exist
 */
export function chooseColumns(
  table: Table,
  roles: readonly Role[],
  required: readonly Role[],
  given: Partial<Record<Role, string>> = {},
): ColumnChoice {
  const names: Partial<Record<Role, string>> = {};
  const reasons: Partial<Record<Role, string>> = {};
  const stats = statistics(table);
  const free = (): Statistics[] => stats.filter(({ name }) => !Object.values(names).includes(name));
  const choose = (role: Role, name: string, reason: string): void => {
    names[role] = name;
    reasons[role] = reason;
  };

  for (const role of roles) {
    const name = given[role];
    if (name === undefined || name === '') continue;
    if (!table.columns.includes(name)) {
      throw new UserError(`no such column: ${name}, in ${table.path}`, {
        detail: describe(stats, { names, reasons }),
      });
    }
    choose(role, name, 'named');
  }
  const open = roles.filter((role) => given[role] === undefined);
  for (const role of open) {
    const candidates = free().filter((s) => fits(role, s, table.sample.length, required.includes(role)));
    const known = NAMES[role].find((k) => candidates.some(({ name }) => plain(name) === k));
    const found = candidates.find(({ name }) => plain(name) === known);
    if (found !== undefined) choose(role, found.name, 'by its name');
  }
  for (const role of open.filter((r) => names[r] === undefined && (r !== 'id' || required.includes(r)))) {
    const found = guessByStatistics(
      role,
      free().filter((s) => fits(role, s, table.sample.length, required.includes(role))),
    );
    if (found !== undefined) choose(role, found.name, 'by its values');
  }
  for (const role of required) {
    if (names[role] !== undefined) continue;
    throw new UserError(`no ${role} column: ${table.path}`, {
      detail: describe(stats, { names, reasons }),
      hint: `name the column that holds the ${role}`,
    });
  }
  return { names, reasons };
}

function describe(stats: readonly Statistics[], choice: ColumnChoice): string {
  const roleOf = (name: string): Role | undefined =>
    (Object.keys(choice.names) as Role[]).find((role) => choice.names[role] === name);
  const lines = stats.slice(0, SHOWN).map((s) => {
    const role = roleOf(s.name);
    const taken = role === undefined ? '' : `, taken as ${role} ${choice.reasons[role]}`;
    const values = s.nested
      ? 'lists or objects'
      : `${s.distinct} different in ${s.filled} values, ${s.meanLength.toFixed(0)} characters on average`;
    return `  ${s.name}: ${values}${taken}`;
  });
  const more = stats.length > SHOWN ? [`  and ${stats.length - SHOWN} more`] : [];
  return ['columns:', ...lines, ...more].join('\n');
}

/**
 * Whether the first record of a delimited file names the columns: not if a cell is a value that its column has again
 * further down; yes if a cell is a known column name; otherwise not if a cell is empty, a number, or longer than four
 * words.
 *
 * @param others records below the first
 */
export function looksLikeHeader(first: readonly string[], others: readonly (readonly string[])[]): boolean {
  const names = first.map((cell) => cell.trim());
  if (names.some((name, column) => name !== '' && others.some((cells) => cells[column] === name)))
    return false;
  if (names.some((name) => KNOWN.has(plain(name)))) return true;
  return !names.some((name) => name === '' || Number.isFinite(Number(name)) || name.split(/\s+/).length > 4);
}
