import { z } from 'zod';
import { defineCommand } from '../command.js';

export const tuneParameters = z.object({
  model: z.string().describe('a LLaMA model: a folder as Hugging Face lays it out, or a GGUF file'),
  data: z
    .string()
    .describe(
      'sft: a table of prompts and answers. dpo, reward: JSON lines of prompt, chosen and rejected. grpo: prompts, with answers unless a judge is given',
    ),
  method: z
    .enum(['sft', 'dpo', 'reward', 'grpo'])
    .default('sft')
    .describe(
      'learn answers; prefer the better of two (direct preference optimisation); become a judge of answers; or learn from rewards for own answers',
    ),
  judge: z.string().optional().describe('grpo: folder of a reward model; right answers are worth 1 without'),
  out: z.string().optional().describe('folder of the tuned model (default: tuned/METHOD)'),
  rank: z.int().min(0).default(16).describe('of low-rank changes; 0 trains all weights, as grpo always does'),
  learningRate: z
    .number()
    .positive()
    .optional()
    .describe('2e-4 if not given, 1e-5 with rank 0, 1e-6 for grpo'),
  passes: z.int().positive().default(1).describe('through the data'),
  batchSize: z.int().positive().default(8).describe('lessons, pairs or questions of an update'),
  beta: z.number().positive().default(0.1).describe('dpo: weight of the distance from the model as it was'),
  groupSize: z.int().min(2).default(8).describe('grpo: answers drawn to each prompt'),
  maxTokens: z
    .int()
    .positive()
    .default(512)
    .describe('longest prompt and answer together; longer ones are left out. grpo: longest answer'),
  heldOut: z
    .number()
    .min(0)
    .lt(0.9)
    .default(0.1)
    .describe('share of the data that is only measured on, before and after'),
  seed: z.int().default(1).describe('of all random numbers'),
  threads: z.int().positive().optional().describe('threads for the computation'),
});

export type TuneParameters = z.infer<typeof tuneParameters>;

export const command = defineCommand({
  name: 'tune',
  summary: 'Fine-tunes, aligns or reinforces a language model on your own data.',
  params: tuneParameters,
  positional: ['model', 'data'],
  examples: [
    'tutelage tune SmolLM2-135M-Instruct.gguf answers.jsonl',
    'tutelage tune SmolLM2-135M-Instruct.gguf pairs.jsonl --method dpo',
    'tutelage tune SmolLM2-135M-Instruct.gguf pairs.jsonl --method reward --out judge',
    'tutelage tune tuned/sft prompts.txt --method grpo --judge judge --max-tokens 64',
  ],
  run: async (params, io) => (await import('../actions/tune.js')).tune(params, io),
});
