import { ShapeError } from '../graph/errors.js';
import { showShape, sizeOf } from '../graph/shape.js';
import type { Value } from '../graph/value.js';
import { lift, type Operand } from './apply.js';
import { matmul } from './matmul.js';
import { sum } from './reduce.js';
import { reshape, transpose } from './shape.js';

/** A value with a label for each axis. Axes under an ellipsis are labelled by digits, counted from the last. */
interface Labelled {
  readonly value: Value;
  readonly labels: readonly string[];
}

/**
 * Products of operands summed over the labels that the result lacks, in Einstein's notation: `einsum('bhqd,bhkd->bhqk', q, k)`.
 * Operands are contracted from left to right, each pair by one matrix product.
 *
 * Labels are letters. `...` stands for any further axes, which broadcast. Without `->` the result has the ellipsis and then the labels
 * that occur once, in alphabetical order, as NumPy does.
 *
 * @throws {ShapeError} when the notation does not fit the operands, or a label occurs twice in one of them
 */
export function einsum(equation: string, ...operands: readonly Operand[]): Value {
  const where = `einsum '${equation}'`;
  const [left, right, ...rest] = equation.replaceAll(' ', '').split('->');
  const terms = left!.split(',');
  if (terms.length !== operands.length || rest.length > 0) {
    throw new ShapeError(`${where}: one term an operand is needed: ${operands.length} operands`);
  }
  const values = lift(where, ...operands);
  const inputs = broadcast(
    terms.map((term, i) => ({ value: values[i]!, labels: labelsOf(term, values[i]!, where) })),
    where,
  );
  const output = right === undefined ? implicitOutput(terms, inputs) : outputLabels(right, inputs, where);
  let result = inputs[0]!;
  for (let i = 1; i < inputs.length; i++) {
    const later = inputs.slice(i + 1).flatMap((t) => t.labels);
    result = contract(result, inputs[i]!, new Set([...output, ...later]), output);
  }
  return arranged(summed(result, new Set(output)), output);
}

const ellipsis = '...';

function labelsOf(term: string, v: Value, where: string): string[] {
  const [before, after, ...more] = term.split(ellipsis) as [string, ...string[]];
  const named = [...before, ...(after ?? '')];
  if (more.length > 0 || named.some((l) => !/^[A-Za-z]$/.test(l))) {
    throw new ShapeError(`${where}: labels must be letters, with at most one '...': '${term}'`);
  }
  const open = v.rank - named.length;
  if (open < 0 || (open > 0 && after === undefined)) {
    throw new ShapeError(`${where}: '${term}' does not label the axes of ${showShape(v.shape)}`);
  }
  if (new Set(named).size !== named.length) {
    throw new ShapeError(`${where}: diagonals are not supported: a label repeats in '${term}'`);
  }
  return [...before, ...digits(open), ...(after ?? '')];
}

/** Labels of `n` axes under an ellipsis. */
function digits(n: number): string[] {
  return Array.from({ length: n }, (_, i) => String(n - 1 - i));
}

const isDigits = (label: string) => /^\d+$/.test(label);

/** Operands without the axes of size 1 that broadcast against longer ones of the same label. */
function broadcast(terms: readonly Labelled[], where: string): Labelled[] {
  const sizes = new Map<string, number>();
  for (const { value, labels } of terms) {
    labels.forEach((l, i) => {
      const [known, size] = [sizes.get(l) ?? 1, value.shape[i]!];
      if (known !== 1 && size !== 1 && known !== size) {
        throw new ShapeError(`${where}: label '${l}' has the sizes ${known} and ${size}`);
      }
      if (known === 1) sizes.set(l, size);
    });
  }
  return terms.map(({ value, labels }) => {
    const kept = labels.filter((l, i) => value.shape[i] === sizes.get(l));
    return {
      value: reshape(
        value,
        kept.map((l) => sizes.get(l)!),
      ),
      labels: kept,
    };
  });
}

function implicitOutput(terms: readonly string[], inputs: readonly Labelled[]): string[] {
  const all = [...terms.join('').replaceAll('.', '')];
  const once = all.filter((l) => all.indexOf(l) === all.lastIndexOf(l)).sort();
  return [...openLabels(inputs), ...once];
}

/** Labels under the ellipsis of the operand that has most of them. */
function openLabels(inputs: readonly Labelled[]): string[] {
  const open = inputs.flatMap((t) => t.labels.filter(isDigits).map(Number));
  return digits(Math.max(-1, ...open) + 1);
}

function outputLabels(term: string, inputs: readonly Labelled[], where: string): string[] {
  const known = new Set(inputs.flatMap((t) => t.labels));
  const [before, after] = term.split(ellipsis) as [string, string?];
  const output = [...before, ...(after === undefined ? [] : [...openLabels(inputs), ...after])];
  for (const l of output) {
    if (!known.has(l)) throw new ShapeError(`${where}: label '${l}' of the result is in no operand`);
  }
  if (new Set(output).size !== output.length) throw new ShapeError(`${where}: a label of the result repeats`);
  return output;
}

/** Sums over labels that are not kept. */
function summed({ value, labels }: Labelled, keep: ReadonlySet<string>): Labelled {
  const axes = labels.flatMap((l, i) => (keep.has(l) ? [] : [i]));
  return axes.length === 0
    ? { value, labels }
    : { value: sum(value, { axes }), labels: labels.filter((l) => keep.has(l)) };
}

function arranged({ value, labels }: Labelled, order: readonly string[]): Value {
  return transpose(
    value,
    order.map((l) => labels.indexOf(l)),
  );
}

/** One matrix product of two operands over the labels that they share and that nothing after them needs. */
function contract(
  first: Labelled,
  second: Labelled,
  needed: ReadonlySet<string>,
  output: readonly string[],
): Labelled {
  const [inFirst, inSecond] = [new Set(first.labels), new Set(second.labels)];
  const a = summed(first, new Set([...needed, ...inSecond]));
  const b = summed(second, new Set([...needed, ...inFirst]));
  const shared = a.labels.filter((l) => inSecond.has(l));
  const batch = shared.filter((l) => needed.has(l));
  const inner = shared.filter((l) => !needed.has(l));
  const rows = a.labels.filter((l) => !inSecond.has(l));
  const columns = b.labels.filter((l) => !inFirst.has(l));
  // The side whose labels come first in the result gives the rows, so that the result need not be transposed.
  const position = (labels: readonly string[]) => Math.min(...labels.map((l) => output.indexOf(l)));
  if (position(columns) < position(rows)) return product(b, a, batch, columns, inner, rows);
  return product(a, b, batch, rows, inner, columns);
}

function product(
  a: Labelled,
  b: Labelled,
  batch: readonly string[],
  rows: readonly string[],
  inner: readonly string[],
  columns: readonly string[],
): Labelled {
  const size = (from: Labelled, labels: readonly string[]) =>
    labels.map((l) => from.value.shape[from.labels.indexOf(l)]!);
  const batchSizes = size(a, batch);
  // An operand that already lies as [batch, second, first] is taken transposed by the product.
  const matrices = (v: Labelled, first: readonly string[], second: readonly string[]) => {
    const swapped = [...batch, ...second, ...first].every((l, i) => l === v.labels[i]);
    const [outer, last] = swapped ? [second, first] : [first, second];
    const value = arranged(v, [...batch, ...outer, ...last]);
    return {
      swapped,
      value: reshape(value, [...batchSizes, sizeOf(size(v, outer)), sizeOf(size(v, last))]),
    };
  };
  const [left, right] = [matrices(a, rows, inner), matrices(b, inner, columns)];
  const value = matmul(left.value, right.value, { transA: left.swapped, transB: right.swapped });
  return {
    value: reshape(value, [...batchSizes, ...size(a, rows), ...size(b, columns)]),
    labels: [...batch, ...rows, ...columns],
  };
}
