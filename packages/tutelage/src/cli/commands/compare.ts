import { z } from 'zod';
import { studentFigures } from '../../assessment/report-schema.js';
import { UserError } from '../../core/errors.js';
import { defineCommand } from '../command.js';
import { compareMethods } from '../compare-methods.js';
import { readReport } from '../distill/files.js';
import { openWholeRun } from '../distill/parts.js';
import { table } from '../table.js';

export const command = defineCommand({
  name: 'compare',
  summary:
    'Sets runs side by side: what their students reach, size, latency. With --data, teaches by several methods of one task and compares what they reach.',
  params: z.object({
    runs: z
      .array(z.string())
      .min(2)
      .describe('folders of the runs, two or more; with --data, ids of methods'),
    data: z.string().optional().describe('what the methods learn from'),
    set: z
      .array(z.string())
      .default([])
      .describe('parameters of the methods, as key=value, for all that have them: the same budget for each'),
    out: z.string().default('compared').describe('folder of what the methods write'),
    seed: z.int().default(1).describe('of all random numbers of the methods'),
    json: z.boolean().default(false).describe('print the comparison as JSON'),
  }),
  positional: ['runs'],
  examples: [
    'tutelage compare runs/one runs/two',
    'tutelage compare tas-balanced cprd --data collection --set steps=500 encoder=static',
  ],
  async run({ runs, data, set, out, seed, json }, io) {
    if (data !== undefined) return compareMethods({ names: runs, data, set, out, seed, json }, io);
    const found = runs.map((path) => {
      const run = openWholeRun(path);
      const report = readReport(run);
      if (!report) {
        throw new UserError(`no result yet: ${path}`, { hint: `finish it with: tutelage resume ${path}` });
      }
      const student = studentFigures(report);
      return { run: run.id, kind: report.kind, data: report.reproduce.hashes.data ?? '', student };
    });
    if (json) {
      io.print(JSON.stringify(found));
      return;
    }
    const names = [...new Set(found.flatMap(({ student }) => student.measures.map(({ name }) => name)))];
    const rows = found.map(({ run, student: { title, measures, costs } }) => [
      run,
      title,
      ...names.map((name) => {
        const measure = measures.find((own) => own.name === name);
        if (measure === undefined) return '';
        const { estimate, low, high } = measure;
        return `${estimate.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
      }),
      costs.bytes === undefined ? '' : `${(costs.bytes / 1e6).toFixed(2)} MB`,
      costs.milliseconds === undefined ? '' : `${costs.milliseconds.toFixed(2)} ms`,
    ]);
    const head = ['run', 'student', ...names.map((name) => `${name} (95 %)`), 'size', 'latency'];
    for (const line of table(head, rows)) io.print(line);
    if (new Set(found.map(({ kind }) => kind)).size > 1) {
      io.say('warning: the runs have students of different kinds');
    }
    if (new Set(found.map(({ data }) => data)).size > 1) {
      io.say('warning: the runs have different data; their numbers are not comparable');
    }
  },
});
