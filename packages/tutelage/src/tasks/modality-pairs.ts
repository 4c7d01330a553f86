import { createHash } from 'node:crypto';
import { join, parse } from 'node:path';
import { UserError } from '../core/errors.js';
import type { ModalityShape } from '../models/fusion.js';
import { TextIndex } from './hash.js';
import { visible } from './image-folder.js';
import { sortedLabels } from './labels.js';
import { type Modality, readModality } from './modality.js';
import { completeSplits, SPLIT_NAMES, type SplitName, splitNamed } from './splits.js';
import { openTable } from './table.js';

/** Examples of two modalities. */
export interface Pairs {
  readonly count: number;
  readonly shapes: readonly [ModalityShape, ModalityShape];
  /** [count, ...shape] of each modality. */
  readonly inputs: readonly [Float32Array, Float32Array];
  readonly classes: Int32Array;
}

/** Some of the pairs, from one position up to another. */
export function pairsIn({ count, shapes, inputs, classes }: Pairs, start: number, end = count): Pairs {
  const part = (m: 0 | 1) => {
    const width = inputs[m].length / count;
    return inputs[m].subarray(start * width, end * width);
  };
  return { count: end - start, shapes, inputs: [part(0), part(1)], classes: classes.subarray(start, end) };
}

/** What a student is taught by. */
export interface PairSplit {
  readonly train: Pairs;
  readonly validation: Pairs;
  readonly labels: readonly string[];
}

export interface PairData {
  /** Names of the modalities. */
  readonly names: readonly [string, string];
  readonly labels: readonly string[];
  readonly splits: Readonly<Record<SplitName, Pairs>>;
  /** Of each number of an input, as the training split has it: inputs are (raw - mean) / deviation. */
  readonly scales: readonly [Scale, Scale];
  readonly warnings: readonly string[];
  /** SHA-256 of what was read. */
  readonly hash: string;
}

/** One number for all of a map, or one for each of a vector's. */
export interface Scale {
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
}

/** What was found in a folder of pairs, before ids are compared. */
export interface PairFolder {
  readonly path: string;
  readonly names: readonly [string, string];
  readonly modalities: readonly [Modality, Modality];
  readonly examples: readonly {
    readonly id: string;
    readonly label: string;
    readonly split: SplitName | undefined;
  }[];
}

const shares = { validation: 0.15, test: 0.15 };
const shown = 10;

/**
 * Reads a folder of pairs: a table `labels` (`labels.csv` for instance) with the columns `id` and `label`, perhaps `split`, and beside
 * it two modalities, each a folder or a table as `readModality` takes it.
 *
 * @throws {UserError} when the folder is not of that kind
 */
export async function readPairFolder(path: string): Promise<PairFolder> {
  const entries = await visible(path);
  const labels = entries.find(({ name }) => parse(name).name === 'labels');
  const others = entries.filter((entry) => entry !== labels);
  const [first, second] = others;
  if (!labels || !first || !second || others.length > 2) {
    throw new UserError(`not a folder of pairs: ${path}`, {
      detail: `it holds ${entries.map(({ name }) => name).join(', ') || 'nothing'}`,
      hint: 'give a table labels.csv with the columns id and label, and two modalities: folders of images or WAV files, or tables of numbers',
    });
  }
  const read = (entry: typeof first) => readModality(join(path, entry.name), entry.isDirectory());
  return {
    path,
    names: [parse(first.name).name, parse(second.name).name],
    modalities: [await read(first), await read(second)],
    examples: await readLabels(join(path, labels.name)),
  };
}

async function readLabels(path: string): Promise<PairFolder['examples']> {
  const table = await openTable(path);
  for (const name of ['id', 'label']) {
    if (!table.columns.includes(name)) {
      throw new UserError(`no column ${name}: ${path}`, { detail: `columns: ${table.columns.join(', ')}` });
    }
  }
  const split = table.columns.includes('split');
  const examples: { id: string; label: string; split: SplitName | undefined }[] = [];
  for await (const batch of table.rows(split ? ['id', 'label', 'split'] : ['id', 'label'])) {
    for (const row of batch) {
      const [id, label, part] = 'cells' in row ? row.cells : [];
      if (typeof id !== 'string' || typeof label !== 'string') {
        throw new UserError(`a row without id or label: ${path}, row ${row.row}`);
      }
      const named = typeof part === 'string' ? splitNamed(part) : undefined;
      if (split && !named)
        throw new UserError(`unknown split: ${path}, row ${row.row}: ${JSON.stringify(part)}`);
      examples.push({ id, label, split: named });
    }
  }
  return examples;
}

/**
 * Joins labels and modalities by id, and brings inputs to mean 0 and variance 1.
 *
 * @param options.keep name of the modality that comes first; the folder's first if empty
 * @param options.unpaired what becomes of ids that are not in all three
 * @throws {UserError} when there is no such modality, there are such ids and they are not to be dropped, there are not two labels, a split is empty, or a
 *   modality is the same throughout
 */
export function joinPairs(
  folder: PairFolder,
  { keep, unpaired }: { readonly keep: string; readonly unpaired: 'stop' | 'drop' },
): PairData {
  if (keep !== '' && !folder.names.includes(keep)) {
    throw new UserError(`no such modality: ${keep}`, { hint: `there are ${folder.names.join(' and ')}` });
  }
  const { path, names, modalities, examples } = keep === folder.names[1] ? swapped(folder) : folder;
  const labelled = new Set(examples.map(({ id }) => id));
  const missing = [
    ...examples.flatMap(({ id }) =>
      names.flatMap((name, m) => (modalities[m]!.values.has(id) ? [] : [`${id}: not in ${name}`])),
    ),
    ...names.flatMap((_, m) =>
      [...modalities[m]!.values.keys()].filter((id) => !labelled.has(id)).map((id) => `${id}: no label`),
    ),
  ];
  if (missing.length > 0 && unpaired === 'stop') {
    throw new UserError(`ids that are not paired: ${missing.length}`, {
      detail: missing.slice(0, shown).join('\n'),
      hint: 'complete them, or leave them out with unpaired=drop',
    });
  }
  const kept = examples.filter(({ id }) => modalities.every(({ values }) => values.has(id)));
  const labels = sortedLabels([...new Set(kept.map(({ label }) => label))], path);
  const classes = Int32Array.from(kept, ({ label }) => labels.indexOf(label));
  const index = new TextIndex();
  for (const { id } of kept) index.add(id);
  const given = Int32Array.from(kept, ({ split }) => (split ? SPLIT_NAMES.indexOf(split) : -1));
  const parts = completeSplits(given, index.ranks(0), classes, labels.length, shares);
  const rowsOf = (split: SplitName): number[] => {
    const rows = kept.map((_, i) => i).filter((i) => SPLIT_NAMES[parts[i]!] === split);
    if (rows.length === 0) throw new UserError(`no example for the ${split} split: ${path}`);
    return rows;
  };
  const scale = (m: 0 | 1) =>
    scaleOf(
      rowsOf('train').map((i) => modalities[m].values.get(kept[i]!.id)!),
      modalities[m],
      names[m],
    );
  const scales = [scale(0), scale(1)] as const;
  const pairs = (split: SplitName): Pairs => {
    const rows = rowsOf(split);
    const stacked = (m: 0 | 1) => {
      const { mean, deviation } = scales[m];
      const own = rows.map((i) => modalities[m].values.get(kept[i]!.id)!);
      const size = own[0]!.length;
      return Float32Array.from({ length: own.length * size }, (_, i) => {
        const at = (i % size) % mean.length;
        return (own[Math.floor(i / size)]![i % size]! - mean[at]!) / deviation[at]!;
      });
    };
    return {
      count: rows.length,
      shapes: [modalities[0].shape, modalities[1].shape],
      inputs: [stacked(0), stacked(1)],
      classes: Int32Array.from(rows, (i) => classes[i]!),
    };
  };
  const digest = createHash('sha256');
  for (const { id, label } of kept) {
    digest.update(JSON.stringify([id, label]));
    for (const { values } of modalities) digest.update(values.get(id)!);
  }
  return {
    names,
    labels,
    splits: { train: pairs('train'), validation: pairs('validation'), test: pairs('test') },
    scales,
    warnings:
      missing.length > 0 ? [`left out, not paired: ${missing.length} ids, such as ${missing[0]}`] : [],
    hash: digest.digest('hex'),
  };
}

function swapped(folder: PairFolder): PairFolder {
  const { names, modalities } = folder;
  return { ...folder, names: [names[1], names[0]], modalities: [modalities[1], modalities[0]] };
}

function scaleOf(rows: readonly Float32Array[], { shape }: Modality, name: string): Scale {
  const size = shape.length === 1 ? shape[0] : 1;
  const [mean, square] = [new Float64Array(size), new Float64Array(size)];
  const count = (rows.length * rows[0]!.length) / size;
  const each = (use: (x: number, at: number) => void) => {
    for (const row of rows) for (const [i, x] of row.entries()) use(x, i % size);
  };
  // Divided at the end: the sum of equal numbers is exact, and so what is constant has no variance.
  each((x, at) => {
    mean[at]! += x;
  });
  for (let at = 0; at < size; at++) mean[at]! /= count;
  each((x, at) => {
    square[at]! += (x - mean[at]!) ** 2;
  });
  if (square.every((sum) => sum === 0)) {
    throw new UserError(`modality is the same throughout: ${name}`, { hint: 'check what was written there' });
  }
  // A constant number of a vector stays 0.
  return {
    mean: Float32Array.from(mean),
    deviation: Float32Array.from(square, (sum) => Math.sqrt(sum / count) || 1),
  };
}

/** Whether one batch in a thousand, drawn at random, holds a single class. */
export function mayHoldOneClass({ classes }: Pairs, batchSize: number): boolean {
  const counts = new Map<number, number>();
  for (const own of classes) counts.set(own, (counts.get(own) ?? 0) + 1);
  const odds = [...counts.values()].map((count) => (count / classes.length) ** batchSize);
  return odds.reduce((a, b) => a + b, 0) > 0.001;
}
