import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from './atomic.js';
import type { FileSystem } from './file-system.js';

/** What a method was applied to and what it said, beside the files that it wrote. */
const taughtRecordSchema = z.object({
  method: z.string(),
  /** As it was given: a path, mostly. */
  data: z.string(),
  settings: z.record(z.string(), z.unknown()),
  seed: z.int(),
  /** The result in words and tables, as it was printed. */
  lines: z.array(z.string()).readonly(),
  /** Whether it came to its end, and was not interrupted. */
  isWhole: z.boolean(),
  ended: z.iso.datetime(),
});
export type TaughtRecord = z.infer<typeof taughtRecordSchema>;

const recordFile = (folder: string): string => join(folder, 'taught.json');

/** @throws {UserError} when it can't be written */
export function writeTaughtRecord(fs: FileSystem, folder: string, record: TaughtRecord): void {
  writeFileAtomic(fs, recordFile(folder), `${JSON.stringify(record, undefined, 2)}\n`);
}

/** The record in the folder of what a method wrote; undefined when there is none yet, or a damaged one. */
export function readTaughtRecord(fs: FileSystem, folder: string): TaughtRecord | undefined {
  try {
    const text = new TextDecoder().decode(fs.read(recordFile(folder)));
    return taughtRecordSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
