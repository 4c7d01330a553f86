import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { z } from 'zod';

/** Bytes at the end of a file in which a row surely begins. */
const tailBytes = 8192;

const rowSchema = z.object({ step: z.int() }).catchall(z.unknown());

/** The last complete row of metrics: its step, and what of it are numbers. */
export function lastRow(
  path: string,
): { readonly step: number; readonly numbers: Record<string, number> } | undefined {
  const { size } = statSync(path);
  const bytes = Buffer.alloc(Math.min(tailBytes, size));
  const descriptor = openSync(path, 'r');
  try {
    readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
  } finally {
    closeSync(descriptor);
  }
  const lines = bytes.toString('utf8').split('\n').slice(0, -1);
  for (const line of lines.reverse()) {
    const row = parsed(line);
    if (!row) continue;
    const { step, ...metrics } = row;
    const numbers = Object.entries(metrics).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number',
    );
    return { step, numbers: Object.fromEntries(numbers) };
  }
  return undefined;
}

function parsed(line: string): z.infer<typeof rowSchema> | undefined {
  try {
    return rowSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
