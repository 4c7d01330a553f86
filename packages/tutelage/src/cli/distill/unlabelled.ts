import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { UserError } from '../../core/errors.js';
import { chooseColumns } from '../../tasks/columns.js';
import { normaliseText } from '../../tasks/duplicates.js';
import { TextIndex } from '../../tasks/hash.js';
import { checkRejected, openRejectLog } from '../../tasks/rejected.js';
import { SPLIT_NAMES, stratifiedSplit } from '../../tasks/splits.js';
import { openTable } from '../../tasks/table.js';
import type { DataOf, DataSettings, LabelledSplit } from './data.js';

const shares = { validation: 0.1, test: 0.1 };
const maxRejectedShare = 0.05;

/**
 * Reads texts without labels, for a teacher to label; the labels that it may give come from a file. Every class is unknown (-1).
 *
 * @throws {UserError} when the file can't be used
 */
export async function readUnlabelled(
  settings: DataSettings & { readonly labels: string },
  rejectedPath?: string,
): Promise<DataOf<'text'>> {
  const given = (['label', 'split', 'validation', 'test'] as const).find(
    (key) => settings[key] !== undefined,
  );
  if (given) throw new UserError(`--${given} with --labels: the teacher gives the labels of all texts`);
  const labels = await readLabels(settings.labels);
  const table = await openTable(settings.data);
  const { text } = settings;
  const { names } = chooseColumns(table, ['text'], ['text'], text === undefined ? {} : { text });
  const log = openRejectLog(rejectedPath);
  const index = new TextIndex();
  const texts: string[] = [];
  const rows: number[] = [];
  const digest = createHash('sha256');
  let total = 0;
  for await (const batch of table.rows([names.text!])) {
    total += batch.length;
    for (const row of batch) {
      const cell = 'cells' in row ? row.cells[0] : undefined;
      if (typeof cell === 'string' && cell.trim() !== '') {
        index.add(normaliseText(cell));
        texts.push(cell);
        rows.push(row.row);
        digest.update(`${JSON.stringify(cell)}\n`);
        continue;
      }
      const [reason, raw] = 'problem' in row ? [row.problem, row.raw] : ['text is missing', ''];
      log.add({ source: basename(settings.data), row: row.row, reason, raw });
    }
  }
  const rejected = log.close();
  checkRejected(rejected, total, maxRejectedShare);
  if (texts.length === 0) throw new UserError(`no text: ${settings.data}`);
  const splits = stratifiedSplit(index.ranks(settings.seed), new Int32Array(texts.length), 1, shares);
  const part = (split: number, limit = texts.length): LabelledSplit<string> => {
    const at = texts.flatMap((_, i) => (splits[i] === split ? [i] : [])).slice(0, limit);
    return {
      inputs: at.map((i) => texts[i]!),
      classes: new Int32Array(at.length).fill(-1),
      ids: at.map((i) => `${rows[i]}`),
    };
  };
  const [train, validation, test] = SPLIT_NAMES.map((_, i) => part(i, i < 2 ? settings.limit : undefined));
  return {
    input: 'text',
    name: settings.name ?? basename(settings.data),
    labels,
    isLabelled: false,
    splits: { train: train!, validation: validation!, test: test! },
    rejected,
    warnings: [
      "the data have no labels: the teacher's answers stand in for them, so that accuracy means agreement with the teacher",
      ...(rejected.total > 0 ? [`${rejected.total} rows can't be used and were left out`] : []),
    ],
    hash: digest.digest('hex'),
    format: undefined,
  };
}

/** Labels from a file: one a line, or a JSON list. */
async function readLabels(path: string): Promise<string[]> {
  const content = await readFile(path, 'utf8').catch(() => {
    throw new UserError(`labels can't be read: ${path}`);
  });
  const labels = content.trimStart().startsWith('[') ? parseList(content, path) : content.split(/\r?\n/);
  const names = labels.map((label) => label.trim()).filter((label) => label !== '');
  const twice = names.find((label, i) => names.indexOf(label) !== i);
  if (twice !== undefined) throw new UserError(`label given twice: ${twice}, in ${path}`);
  if (names.length < 2) throw new UserError(`two labels are needed, found ${names.length}: ${path}`);
  return names;
}

function parseList(content: string, path: string): string[] {
  try {
    const list: unknown = JSON.parse(content);
    if (Array.isArray(list) && list.every((label) => typeof label === 'string')) return list;
  } catch {
    // Reported below.
  }
  throw new UserError(`not a JSON list of labels: ${path}`);
}
