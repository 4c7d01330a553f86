import { UserError } from '../../core/errors.js';
import { renderReport, renderTerminal, wantsColor } from '../../report/index.js';
import { writeFileAtomic } from '../../runs/atomic.js';
import { nodeFileSystem as fs } from '../../runs/file-system.js';
import type { Run } from '../../runs/run.js';
import type { ReportParameters } from '../commands/report.js';
import type { Console } from '../console.js';
import { readReport, reportFile } from '../distill/files.js';
import { openWholeRun } from '../distill/parts.js';
import { shown } from '../distill/perform.js';

/** `tutelage report`. */
export async function showReport({ run: path, json }: ReportParameters, io: Console): Promise<void> {
  const run = openWholeRun(path);
  const report = readReport(run);
  if (!report) {
    throw new UserError(`no result yet: ${path}`, { hint: `finish it with: tutelage resume ${path}` });
  }
  const written = writeReport(run, renderReport(report), io);
  if (json) {
    io.print(JSON.stringify(report));
    return;
  }
  io.print(renderTerminal(report, { color: wantsColor(process.stdout, process.env) }));
  if (written) io.print(`report   ${shown(reportFile(run))}`);
}

/** A run that can only be read is no reason not to show its report. */
function writeReport(run: Run, html: string, io: Console): boolean {
  try {
    writeFileAtomic(fs, reportFile(run), html);
    return true;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    io.say(`warning: ${error.message}`);
    return false;
  }
}
