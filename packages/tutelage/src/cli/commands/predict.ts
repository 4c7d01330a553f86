import { z } from 'zod';
import { defineCommand } from '../command.js';

const params = z.object({
  student: z
    .string()
    .describe(
      'folder of the student, or of its run; or a language model: a GGUF file, or a folder of Hugging Face',
    ),
  inputs: z.array(z.string()).default([]).describe('texts, or image files; from stdin if none is given'),
  text: z
    .string()
    .default('text')
    .describe('member of a JSON line that holds the text, or the path of the image'),
  top: z
    .int()
    .positive()
    .optional()
    .describe('how many labels or documents to show; 1 label or 5 documents if not given'),
  documents: z
    .string()
    .optional()
    .describe('file of documents that a retriever searches: a table, or plain text with one a line'),
  maxTokens: z.int().positive().default(100).describe('most tokens that a language model writes'),
  temperature: z
    .number()
    .min(0)
    .default(0.8)
    .describe('of a language model: how much chance there is; 0 takes the likeliest token each time'),
  topP: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe('draw from the fewest likeliest tokens with this much probability together'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(0)
    .describe('of what a language model draws'),
  precision: z.enum(['float32', 'int8']).default('float32').describe('form of the student'),
  threads: z.int().positive().optional().describe('threads for the computation'),
  json: z.boolean().default(false).describe('print JSON lines'),
});

export type PredictParameters = z.infer<typeof params>;

export const command = defineCommand({
  name: 'predict',
  summary:
    'Asks a student, about texts (or the images in files) given as words, or one a line on stdin: a classifier gives labels, a retriever vectors or the documents that it finds, a language model what comes next, or, where it is one for chats, its answer. JSON lines come back with the answer added.',
  params,
  positional: ['student', 'inputs'],
  examples: [
    'tutelage predict runs/2026-11-22-distill-tickets-3f9a1c/student "my card was swallowed"',
    'tutelage predict student < texts.txt',
    'tutelage predict student --text question < rows.jsonl > answers.jsonl',
    'tutelage predict retriever "how do I close my account" --documents help.jsonl --top 3',
    'tutelage predict tuned/dpo "What is a good name for a cat?" --temperature 0',
    'tutelage predict lm "ROMEO:" --max-tokens 200 --temperature 0.9 --seed 7',
  ],
  run: async (params, io) => (await import('../actions/predict.js')).predict(params, io),
});
