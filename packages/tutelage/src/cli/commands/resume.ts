import { z } from 'zod';
import { defineCommand } from '../command.js';

const params = z.object({
  run: z.string().describe('folder of the run'),
  json: z.boolean().default(false).describe('print the result as JSON'),
});

export type ResumeParameters = z.infer<typeof params>;

export const command = defineCommand({
  name: 'resume',
  summary: 'Goes on with a run that was interrupted or killed; it ends as if it had not been.',
  params,
  positional: ['run'],
  run: async (params, io) => (await import('../actions/resume.js')).resumeRun(params, io),
});
