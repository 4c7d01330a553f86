import { stat } from 'node:fs/promises';
import { UserError } from '../../core/errors.js';
import { given } from '../../core/given.js';
import type { LoadedStudent } from '../../students/load-student.js';
import { readImages } from '../../tasks/images.js';
import { readTextClassification } from '../../tasks/text-classification.js';
import type { EvalParameters } from '../commands/eval.js';
import { nothingHeldOut, partsOf } from './evaluation.js';

/** Labelled examples to measure a student with. */
export async function readLabelledData(
  student: LoadedStudent,
  { data, text, label, ...rest }: EvalParameters,
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
  const parts = partsOf(rest);
  if (student.input === 'image') {
    const read = await readImages(data, { shape: student.format, shares: nothingHeldOut });
    const examples = parts.flatMap((name) => read.splits[name]);
    return {
      inputs: examples.map(({ input }) => input),
      targets: examples.map(({ target }) => target!),
      warnings: rejections(read.rejected.total),
    };
  }
  const columns = given({ text, label });
  const read = await readTextClassification(data, { shares: nothingHeldOut, columns });
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
