import { z } from 'zod';
import { UserError } from '../../core/errors.js';
import { renderReport, renderTerminal, wantsColor } from '../../report/index.js';
import { writeFileAtomic } from '../../runs/atomic.js';
import { nodeFileSystem as fs } from '../../runs/file-system.js';
import { defineCommand } from '../command.js';
import { readReport, reportFile } from '../distill/files.js';
import { openWholeRun } from '../distill/parts.js';
import { shown } from '../distill/perform.js';

export const command = defineCommand({
  name: 'report',
  summary: "Shows what a run's assessment found, and writes its page anew.",
  params: z.object({
    run: z.string().describe('folder of the run'),
    json: z.boolean().default(false).describe('print all of it as JSON'),
  }),
  positional: ['run'],
  async run({ run: path, json }, io) {
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
  },
});
