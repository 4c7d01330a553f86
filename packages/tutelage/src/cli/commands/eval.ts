import { z } from 'zod';
import { defineCommand } from '../command.js';

const params = z.object({
  student: z.string().describe('folder of the student, or of its run'),
  data: z.string().describe('data of the kind that the student was taught on'),
  text: z.string().optional().describe('column of the texts; guessed if not given'),
  label: z.string().optional().describe('column of the labels; guessed if not given'),
  query: z
    .string()
    .optional()
    .describe('column of the queries, of pairs for a retriever; guessed if not given'),
  document: z.string().optional().describe('column of the documents that answer them; guessed if not given'),
  part: z
    .enum(['all', 'train', 'validation', 'test'])
    .default('all')
    .describe('split to measure on, where the data have one'),
  precision: z.enum(['float32', 'int8']).default('float32').describe('form of the student'),
  threads: z.int().positive().optional().describe('threads for the computation'),
  json: z.boolean().default(false).describe('print the result as JSON'),
});

export type EvalParameters = z.infer<typeof params>;

export const command = defineCommand({
  name: 'eval',
  summary:
    'Measures a student on data: all of a file or folder, or one of its splits. Classifiers need labels, retrievers queries and documents, language models text.',
  params,
  positional: ['student', 'data'],
  run: async (params, io) => (await import('../actions/eval.js')).evaluateStudent(params, io),
});
