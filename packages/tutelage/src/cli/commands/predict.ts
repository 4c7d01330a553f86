import { z } from 'zod';
import { defineCommand } from '../command.js';

const params = z.object({
  student: z.string().describe('folder of the student, or of its run'),
  inputs: z.array(z.string()).default([]).describe('texts, or image files; from stdin if none is given'),
  text: z
    .string()
    .default('text')
    .describe('member of a JSON line that holds the text, or the path of the image'),
  top: z.int().positive().default(1).describe('how many labels to show'),
  precision: z.enum(['float32', 'int8']).default('float32').describe('form of the student'),
  threads: z.int().positive().optional().describe('threads for the computation'),
  json: z.boolean().default(false).describe('print JSON lines'),
});

export type PredictParameters = z.infer<typeof params>;

export const command = defineCommand({
  name: 'predict',
  summary:
    'Classifies texts (or the images in files) given as words, or one a line on stdin. JSON lines come back with the answer added.',
  params,
  positional: ['student', 'inputs'],
  examples: [
    'tutelage predict runs/2026-11-22-distill-tickets-3f9a1c/student "my card was swallowed"',
    'tutelage predict student < texts.txt',
    'tutelage predict student --text question < rows.jsonl > answers.jsonl',
  ],
  run: async (params, io) => (await import('../actions/predict.js')).predict(params, io),
});
