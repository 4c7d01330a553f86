import { stat } from 'node:fs/promises';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import type { LoadedStudent } from '../students/load-student.js';
import { readImages } from '../tasks/images.js';
import { SPLIT_NAMES } from '../tasks/splits.js';
import { readTextClassification } from '../tasks/text-classification.js';

export const evalSettings = z.object({
  student: z.string().describe('folder of the student, or of its run'),
  data: z.string().describe('file of labelled texts, or folder of labelled images'),
  text: z.string().optional().describe('column of the texts; guessed if not given'),
  label: z.string().optional().describe('column of the labels; guessed if not given'),
  part: z
    .enum(['all', ...SPLIT_NAMES])
    .default('all')
    .describe('split to measure on, where the data have one'),
  precision: z.enum(['float32', 'int8']).default('float32').describe('form of the student'),
  threads: z.int().positive().optional().describe('threads for the computation'),
  json: z.boolean().default(false).describe('print the result as JSON'),
});

export type EvalSettings = z.infer<typeof evalSettings>;

/** Nothing is held out: every row is in the split that the data put it in, or in that for training. */
const shares = { validation: 0, test: 0 };

/** Labelled examples to measure a student with. */
export async function readEvalData(
  student: LoadedStudent,
  { data, text, label, part }: EvalSettings,
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
