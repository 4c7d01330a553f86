import { UserError } from '../../core/errors.js';
import { renderReport, renderTerminal, wantsColor } from '../../report/index.js';
import { writeFileAtomic } from '../../runs/atomic.js';
import { nodeFileSystem as fs } from '../../runs/file-system.js';
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
  writeFileAtomic(fs, reportFile(run), renderReport(report));
  if (json) {
    io.print(JSON.stringify(report));
    return;
  }
  io.print(renderTerminal(report, { color: wantsColor(process.stdout, process.env) }));
  io.print(`report   ${shown(reportFile(run))}`);
}
