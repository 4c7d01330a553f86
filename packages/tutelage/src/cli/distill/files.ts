import { join } from 'node:path';
import { z } from 'zod';
import { type StudentReport, studentReport } from '../../assessment/report-schema.js';
import { UserError } from '../../core/errors.js';
import { writeFileAtomic } from '../../runs/atomic.js';
import { explained } from '../../runs/file-errors.js';
import { nodeFileSystem as fs } from '../../runs/file-system.js';
import type { Run } from '../../runs/run.js';
import { distillSettings } from './settings.js';

/** What the configuration of a distillation holds. */
export const distillConfig = z.object({
  command: z.literal('distill'),
  settings: distillSettings,
  /** Of the usable rows when the run was started. */
  dataHash: z.string(),
});

export type DistillConfig = z.infer<typeof distillConfig>;

/** @throws {UserError} when the run is of another kind */
export function distillConfigOf(run: Run): DistillConfig {
  const config = distillConfig.safeParse(run.config);
  if (config.success) return config.data;
  throw new UserError(`not a run of \`tutelage distill\`: ${run.path}`);
}

const reportDataFile = (run: Pick<Run, 'path'>): string => join(run.path, 'report.json');
/** Where a run lists what a language model could not label. */
export const notLabelledFile = (run: Pick<Run, 'path'>): string => join(run.path, 'not-labelled.jsonl');
export const reportFile = (run: Pick<Run, 'path'>): string => join(run.path, 'report.html');

/** What the assessment of a run found, or undefined if it has not come so far. */
export function readReport(run: Pick<Run, 'path'>): StudentReport | undefined {
  const path = reportDataFile(run);
  if (fs.kind(path) !== 'file') return undefined;
  const text = explained('read the report', path, () => new TextDecoder().decode(fs.read(path)));
  try {
    return studentReport.parse(JSON.parse(text));
  } catch {
    throw new UserError(`damaged report: ${path}`, { hint: 'resume the run: that writes it anew' });
  }
}

/** Writes what the assessment of a run found, and hands it back. */
export function keepReport<R extends StudentReport>(run: Pick<Run, 'path'>, report: R): R {
  writeFileAtomic(fs, reportDataFile(run), `${JSON.stringify(report, undefined, 1)}\n`);
  return report;
}
