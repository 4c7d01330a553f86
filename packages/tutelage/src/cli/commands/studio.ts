import { z } from 'zod';
import { defineCommand } from '../command.js';

const params = z.object({
  folder: z.string().default('.').describe('workspace: where runs, reproductions and uploads are'),
  host: z
    .string()
    .default('127.0.0.1')
    .describe('address to listen on; any but the loopback asks for a token'),
  open: z.boolean().default(true).describe('do not open a browser'),
  port: z.int().min(0).max(65_535).default(7878).describe('port to listen on; 0 takes a free one'),
});

export type StudioParameters = z.infer<typeof params>;

export const command = defineCommand({
  name: 'studio',
  summary:
    'Serves the studio: a page of papers that can be run, with runs, students and files of a workspace.',
  params,
  positional: [],
  examples: ['tutelage studio', 'tutelage studio --folder ~/teaching --port 8000'],
  run: async (params, io) => (await import('../actions/studio.js')).openStudio(params, io),
});
