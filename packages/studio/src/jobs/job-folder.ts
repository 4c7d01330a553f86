import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeFileSystem as fs, processStart, writeFileAtomic } from 'tutelage/runs';
import { z } from 'zod';
import { jobSchema } from '../api/index.js';

/** What a job is, written before it starts. */
export const orderSchema = z.object({
  id: z.string(),
  kind: jobSchema.shape.kind,
  title: z.string(),
  created: z.string(),
  /** The command line of `tutelage`. */
  words: z.array(z.string()),
  method: z.string().exactOptional(),
  claim: z.string().exactOptional(),
  /** Id of the run that it goes on with. */
  run: z.string().exactOptional(),
  /** Name of the folder in `taught` that a method writes into. */
  taught: z.string().exactOptional(),
  /** Of a reproduction: how many there are in all, and how many were done before. */
  trials: z.object({ total: z.int(), before: z.int() }).exactOptional(),
});
export type Order = z.infer<typeof orderSchema>;

/** The process at work. Its number may be another's one day, but not with the same start. */
const processSchema = z.object({ pid: z.int().positive(), started: z.string() });
export type JobProcess = z.infer<typeof processSchema>;

const exitSchema = z.object({ code: z.int(), ended: z.string() });

/** Files of a job's folder. */
const files = {
  order: 'job.json',
  process: 'process.json',
  exit: 'exit.json',
  stop: 'stop.json',
  run: 'run.json',
  log: 'log.txt',
} as const;

export type JobFile = keyof typeof files;

export function jobFile(folder: string, file: JobFile): string {
  return join(folder, files[file]);
}

export function writeJobFile(folder: string, file: JobFile, content: object): void {
  writeFileAtomic(fs, jobFile(folder, file), `${JSON.stringify(content)}\n`);
}

/** The content of a file, or undefined if it is not there or damaged. */
function readJobFile<T>(folder: string, file: JobFile, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(jobFile(folder, file), 'utf8')));
  } catch {
    return undefined;
  }
}

export const readOrder = (folder: string) => readJobFile(folder, 'order', orderSchema);
export const readProcess = (folder: string) => readJobFile(folder, 'process', processSchema);
export const readExit = (folder: string) => readJobFile(folder, 'exit', exitSchema);
export const readRun = (folder: string) => readJobFile(folder, 'run', z.object({ id: z.string() }))?.id;
export const wasStopped = (folder: string) => readJobFile(folder, 'stop', z.object({})) !== undefined;

/** Whether a process is still the one that was started. */
export function isAlive({ pid, started }: JobProcess): boolean {
  return processStart(pid) === started;
}
