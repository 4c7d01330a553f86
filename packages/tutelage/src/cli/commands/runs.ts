import { z } from 'zod';
import { percent } from '../../assessment/wording.js';
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
    const runs = listRuns(folder).map((run) => ({ ...run, accuracy: accuracyOf(run) }));
    if (json) {
      io.print(JSON.stringify(runs));
      return;
    }
    if (runs.length === 0) {
      io.say(`no runs in ${folder}`);
      return;
    }
    const rows = runs.map(({ id, state, step, total, accuracy, message }) => [
      id,
      state,
      `${step}/${total}`,
      accuracy === undefined ? '' : percent(accuracy),
      message ?? '',
    ]);
    for (const line of table(['run', 'state', 'steps', 'accuracy', ''], rows)) io.print(line);
  },
});

/** One damaged report is no reason to list nothing. */
function accuracyOf(run: { readonly path: string }): number | undefined {
  try {
    return readReport(run)?.arms.find(({ id }) => id === 'student')?.accuracy.estimate;
  } catch {
    return undefined;
  }
}
