import { type Line, MAX_LINE_BYTES } from './lines.js';

/** How the cells of a text file are told apart. */
export interface Dialect {
  /** One character; a line feed where a line is a single cell. */
  readonly delimiter: string;
  /** Whether a cell may stand in double quotes, as in RFC 4180. */
  readonly quoted: boolean;
}

/** A record of a delimited file, or the reason why there is none. */
export interface DelimitedRecord {
  /** The line on which the record begins. */
  readonly row: number;
  readonly cells: readonly string[];
  readonly problem?: string;
}

const DELIMITERS = [',', '\t', ';', '|'];
const NO_DELIMITER = '\n';

/** Sentences hold blanks too: these divide cells only where nearly all records have as many, quotes around the others. */
const LEAST_BLANK_SHARE = 0.95;

/** A quoted cell that is still open after this much counts as a stray quote. */
const MAX_RECORD_LINES = 1000;
const MAX_RECORD_CHARACTERS = MAX_LINE_BYTES;

interface Parse {
  readonly cells: string[];
  /** The content so far of a quoted cell that goes on in the next line. */
  readonly open?: string;
  readonly problem?: string;
}

function parseLine(text: string, dialect: Dialect, before: Parse | undefined): Parse {
  if (before === undefined && !(dialect.quoted && text.includes('"'))) {
    return { cells: text.split(dialect.delimiter) };
  }
  const cells = before?.cells ?? [];
  let inside = before !== undefined;
  let cell = before?.open === undefined ? '' : `${before.open}\n`;
  let at = 0;
  for (;;) {
    if (inside) {
      const quote = text.indexOf('"', at);
      if (quote < 0) return { cells, open: cell + text.slice(at) };
      if (text[quote + 1] === '"') {
        cell += text.slice(at, quote + 1);
        at = quote + 2;
        continue;
      }
      cells.push(cell + text.slice(at, quote));
      inside = false;
      at = quote + 1;
      if (at === text.length) return { cells };
      if (text[at] !== dialect.delimiter) return { cells, problem: 'text after a closing quote' };
      at++;
    }
    if (text[at] === '"') {
      inside = true;
      cell = '';
      at++;
      continue;
    }
    const end = text.indexOf(dialect.delimiter, at);
    if (end < 0) {
      cells.push(text.slice(at));
      return { cells };
    }
    cells.push(text.slice(at, end));
    at = end + 1;
  }
}

/**
 * Puts lines together to records. A quoted cell may hold line ends. When quoting turns out to be wrong, only the line
 * with which the record began is given up, and reading resumes on the next one: a stray quote costs one row.
 */
export function recordAssembler(dialect: Dialect): {
  take(lines: readonly Line[]): DelimitedRecord[];
  end(): DelimitedRecord[];
} {
  let records: DelimitedRecord[] = [];
  /** The lines of a record that is not complete. */
  let lines: Line[] = [];
  let characters = 0;
  let parse: Parse | undefined;

  const clear = (): void => {
    lines = [];
    characters = 0;
    parse = undefined;
  };

  const giveUp = (problem: string): void => {
    const [first, ...others] = lines;
    clear();
    records.push({ row: first!.number, cells: [first!.text], problem });
    for (const line of others) feed(line);
  };

  const feed = (line: Line): void => {
    if (line.problem !== undefined) {
      if (parse !== undefined) giveUp('quoted cell is never closed');
      records.push({ row: line.number, cells: [line.text], problem: line.problem });
      return;
    }
    if (parse === undefined && line.text === '') return;
    const next = parseLine(line.text, dialect, parse);
    if (parse === undefined && next.open === undefined && next.problem === undefined) {
      records.push({ row: line.number, cells: next.cells });
      return;
    }
    lines.push(line);
    characters += line.text.length;
    if (next.problem !== undefined) {
      giveUp(next.problem);
    } else if (next.open === undefined) {
      records.push({ row: lines[0]!.number, cells: next.cells });
      clear();
    } else {
      parse = next;
      if (lines.length > MAX_RECORD_LINES || characters > MAX_RECORD_CHARACTERS)
        giveUp('quoted cell is never closed');
    }
  };

  const flush = (): DelimitedRecord[] => {
    const flushed = records;
    records = [];
    return flushed;
  };

  return {
    take(batch) {
      for (const line of batch) feed(line);
      return flush();
    },
    end() {
      while (parse !== undefined) giveUp('quoted cell is never closed');
      return flush();
    },
  };
}

/**
 * Guesses how a file is delimited: the delimiter for which most records have as many cells as the first one. A file
 * whose first record has one cell whatever the delimiter is read as a single column, or as divided by blanks if that fits nearly
 * every record.
 *
 * @param lines the first lines of the file
 * @param candidates delimiters to choose from
 */
export function guessDialect(lines: readonly Line[], candidates: readonly string[] = DELIMITERS): Dialect {
  const readable = lines.filter(({ problem }) => problem === undefined);
  let best: Dialect = { delimiter: NO_DELIMITER, quoted: true };
  let bestShare = 0.3;
  for (const delimiter of candidates) {
    for (const quoted of [true, false]) {
      // Cells that stand in quotes also agree when the quotes are taken as text, hence the handicap.
      const share = agreement(readable, { delimiter, quoted }) * (quoted ? 1 : 0.9);
      if (share > bestShare) {
        best = { delimiter, quoted };
        bestShare = share;
      }
    }
  }
  const blank: Dialect = { delimiter: ' ', quoted: true };
  const isOneColumn = best.delimiter === NO_DELIMITER && candidates === DELIMITERS;
  const hasQuotes = readable.some(({ text }) => text.includes('"'));
  return isOneColumn && hasQuotes && agreement(readable, blank) >= LEAST_BLANK_SHARE ? blank : best;
}

/** The share of records after the first that have as many cells as it has; 0 if that is one cell. */
function agreement(lines: readonly Line[], dialect: Dialect): number {
  const assembler = recordAssembler(dialect);
  const [first, ...others] = [...assembler.take(lines), ...assembler.end()];
  if (first === undefined || first.problem !== undefined || first.cells.length < 2) return 0;
  if (others.length === 0) return 1;
  const like = others.filter((r) => r.problem === undefined && r.cells.length === first.cells.length);
  return like.length / others.length;
}
