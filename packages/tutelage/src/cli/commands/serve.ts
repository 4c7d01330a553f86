import { z } from 'zod';
import { defineCommand } from '../command.js';

const params = z.object({
  student: z
    .string()
    .describe(
      'folder of the student or of its run, or of suggestions that alloprof made; or a language model: a GGUF file, a folder of Hugging Face',
    ),
  host: z.string().default('127.0.0.1').describe('address to listen on; 0.0.0.0 lets the network in'),
  port: z.int().min(0).max(65_535).default(8080).describe('port to listen on; 0 takes a free one'),
  precision: z.enum(['float32', 'int8']).default('float32').describe('form of the student'),
  threads: z.int().positive().optional().describe('threads for the computation'),
  maxBody: z.int().positive().default(1_000_000).describe('most bytes of a request; more get 413'),
  maxQueue: z.int().positive().default(1024).describe('most inputs that wait; more get 429'),
  maxBatch: z.int().positive().default(32).describe('most inputs that are run together'),
  batchWait: z.number().min(0).max(1000).default(2).describe('milliseconds that an input waits for others'),
});

export type ServeParameters = z.infer<typeof params>;

export const command = defineCommand({
  name: 'serve',
  summary:
    'Answers over HTTP: a classifier POST /predict {"inputs": [...]} and POST /v1/classify {"input": ...}, a retriever POST /v1/embeddings {"input": ...}, suggestions of pages POST /suggest {"question": ..., "subject": ...}, a language model POST /v1/completions {"prompt": ...} or, if it was made for chats, POST /v1/chat/completions; all GET /health, GET /metrics.',
  params,
  positional: ['student'],
  examples: [
    'tutelage serve runs/2026-11-22-distill-tickets-3f9a1c',
    'tutelage serve SmolLM2-135M-Instruct.gguf --port 8081',
    `curl -H 'Content-Type: application/json' -d '{"inputs": ["my card was swallowed"]}' localhost:8080/predict`,
  ],
  run: async (params, io) => (await import('../actions/serve.js')).serve(params, io),
});
