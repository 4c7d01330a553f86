import { z } from 'zod';
import type { Measure } from '../../assessment/measured-report-schema.js';
import { studentFigures } from '../../assessment/report-schema.js';
import { listRuns } from '../../runs/run.js';
import { defineCommand } from '../command.js';
import { readReport } from '../distill/files.js';
import { table } from '../table.js';

export const command = defineCommand({
  name: 'runs',
  summary: 'Lists the runs, the latest first.',
  params: z.object({
    folder: z.string().default('runs').describe('folder of the runs'),
    json: z.boolean().default(false).describe('print the list as JSON'),
  }),
  positional: ['folder'],
  async run({ folder, json }, io) {
    const runs = listRuns(folder).map((run) => ({ ...run, result: resultOf(run) }));
    if (json) {
      io.print(JSON.stringify(runs));
      return;
    }
    if (runs.length === 0) {
      io.say(`no runs in ${folder}`);
      return;
    }
    const rows = runs.map(({ id, state, step, total, result, message }) => [
      id,
      state,
      `${step}/${total}`,
      result === undefined ? '' : `${result.name} ${result.estimate.toFixed(3)}`,
      message ?? '',
    ]);
    for (const line of table(['run', 'state', 'steps', 'result', ''], rows)) io.print(line);
  },
});

/** The figure that counts; one damaged report is no reason to list nothing. */
function resultOf(run: { readonly path: string }): Measure | undefined {
  try {
    const report = readReport(run);
    return report && studentFigures(report).measures[0];
  } catch {
    return undefined;
  }
}
