import { stat } from 'node:fs/promises';
import { UserError } from '../core/errors.js';
import type { LoadedStudent } from '../students/load-student.js';
import { readImages } from '../tasks/images.js';
import { SPLIT_NAMES } from '../tasks/splits.js';
import { readTextClassification } from '../tasks/text-classification.js';
import type { EvalParameters } from './commands/eval.js';

/** Nothing is held out: every row is in the split that the data put it in, or in that for training. */
const shares = { validation: 0, test: 0 };

/** Labelled examples to measure a student with. */
export async function readEvalData(
  student: LoadedStudent,
  { data, text, label, part }: EvalParameters,
): Promise<{
  readonly inputs: readonly (string | Uint8Array)[];
  readonly targets: readonly string[];
  readonly warnings: readonly string[];
}> {
  const found = await stat(data).catch(() => undefined);
  if (!found) throw new UserError(`no such file or folder: ${data}`);
  const kind = found.isDirectory() ? 'image' : 'text';
  if (kind !== student.input)
    throw new UserError(`the student takes ${student.input}s, not ${kind}s: ${data}`);
  const parts = part === 'all' ? SPLIT_NAMES : [part];
  if (student.input === 'image') {
    const read = await readImages(data, { shape: student.format, shares });
    const examples = parts.flatMap((name) => read.splits[name]);
    return {
      inputs: examples.map(({ input }) => input),
      targets: examples.map(({ target }) => target!),
      warnings: rejections(read.rejected.total),
    };
  }
  const columns = { ...(text !== undefined && { text }), ...(label !== undefined && { label }) };
  const read = await readTextClassification(data, { shares, columns });
  const arrays = await Promise.all(parts.map((name) => read.splits[name].toArray()));
  const examples = arrays.flat();
  return {
    inputs: examples.map(({ input }) => input),
    targets: examples.map(({ target }) => target!),
    warnings: rejections(read.rejected.total),
  };
}

function rejections(total: number): string[] {
  return total === 0 ? [] : [`${total} rows or files can't be used and were left out`];
}
