import { z } from 'zod';
import { defineCommand } from '../command.js';

const params = z.object({
  run: z.string().describe('folder of the run'),
  json: z.boolean().default(false).describe('print all of it as JSON'),
});

export type ReportParameters = z.infer<typeof params>;

export const command = defineCommand({
  name: 'report',
  summary: "Shows what a run's assessment found, and writes its page anew.",
  params,
  positional: ['run'],
  run: async (params, io) => (await import('../actions/report.js')).showReport(params, io),
});
