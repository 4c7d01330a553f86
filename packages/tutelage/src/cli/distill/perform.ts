import { relative } from 'node:path';
import { renderReport, renderTerminal, wantsColor } from '../../report/index.js';
import { writeFileAtomic } from '../../runs/atomic.js';
import { nodeFileSystem as fs } from '../../runs/file-system.js';
import { type Run, studentFolder } from '../../runs/run.js';
import type { Shipped } from '../../students/write-student.js';
import type { Console } from '../console.js';
import type { Assignment } from './assignment.js';
import { reportFile } from './files.js';
import type { DistillSettings } from './settings.js';

/** Does what is left of a run, writes its report and prints the result. */
export async function perform(options: {
  readonly run: Run;
  readonly assignment: Assignment;
  readonly settings: DistillSettings;
  readonly io: Console;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { assignment, ...rest } = options;
  const { run, settings, io } = rest;
  showData(assignment, io);
  const result = await assignment.perform({ ...rest, progress: io.progress(settings.json) });
  if (!result) return;
  const { report, shipped } = result;
  writeFileAtomic(fs, reportFile(run), renderReport(report));
  const paths = { run: run.path, student: studentFolder(run.path), report: reportFile(run) };
  if (settings.json) {
    io.print(JSON.stringify({ ...paths, shipped, ...report }));
    return;
  }
  io.print(renderTerminal(report, { color: wantsColor(process.stdout, process.env) }));
  io.print(formsLine(shipped));
  io.print(`student  ${shown(paths.student)}`);
  io.print(`report   ${shown(paths.report)}`);
  io.print(`try      tutelage predict ${shown(paths.student)} ${assignment.trial}`);
}

/** What the int8 form saves and costs. */
function formsLine({ measure, float32, int8 }: Shipped): string {
  const size = `int8: ${(int8.bytes / 1e6).toFixed(2)} MB instead of ${(float32.bytes / 1e6).toFixed(2)}`;
  if (int8.score === undefined || float32.score === undefined) return size;
  return `${size}, validation ${measure} ${int8.score.toFixed(4)} instead of ${float32.score.toFixed(4)}`;
}

/** A path as one would type it here. */
export function shown(path: string): string {
  const near = relative('', path);
  return near === '' ? '.' : near.startsWith('..') ? path : near;
}

function showData({ data, overview }: Assignment, io: Console): void {
  io.say(`${data.name}: ${overview}`);
  for (const { source, row, reason } of data.rejected.first)
    io.say(`rejected: ${source}, row ${row}: ${reason}`);
  for (const warning of data.warnings) io.say(`warning: ${warning}`);
}
