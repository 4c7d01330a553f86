import { z } from 'zod';
import { studentApp } from '../../serve/app.js';
import { listen } from '../../serve/listen.js';
import { loadStudent } from '../../students/load-student.js';
import { defineCommand } from '../command.js';
import { studentIn, threadsOf } from '../student-in.js';

export const command = defineCommand({
  name: 'serve',
  summary:
    'Answers over HTTP: POST /predict {"inputs": [...]}, POST /v1/classify {"input": ...}, GET /health, GET /metrics.',
  params: z.object({
    student: z.string().describe('folder of the student, or of its run'),
    host: z.string().default('127.0.0.1').describe('address to listen on; 0.0.0.0 lets the network in'),
    port: z.int().min(0).max(65_535).default(8080).describe('port to listen on; 0 takes a free one'),
    precision: z.enum(['float32', 'int8']).default('float32').describe('form of the student'),
    threads: z.int().positive().optional().describe('threads for the computation'),
    maxBody: z.int().positive().default(1_000_000).describe('most bytes of a request; more get 413'),
    maxQueue: z.int().positive().default(1024).describe('most inputs that wait; more get 429'),
    maxBatch: z.int().positive().default(32).describe('most inputs that are run together'),
    batchWait: z.number().min(0).max(1000).default(2).describe('milliseconds that an input waits for others'),
  }),
  positional: ['student'],
  examples: [
    'tutelage serve runs/2026-11-22-distill-tickets-3f9a1c',
    `curl -H 'Content-Type: application/json' -d '{"inputs": ["my card was swallowed"]}' localhost:8080/predict`,
  ],
  async run({ student: path, host, port, precision, threads, ...limits }, io) {
    const student = await loadStudent(studentIn(path), { precision, ...threadsOf({ threads }) });
    try {
      const server = await listen(studentApp(student, limits), host, port);
      const stopped = stopSignal();
      io.print(`listening on ${server.url}`);
      await stopped;
      io.say('shutting down');
      await server.close();
    } finally {
      await student.dispose();
    }
  },
});

/** Resolves at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      for (const signal of signals) process.on(signal, () => process.exit(1));
      resolve();
    };
    const signals = ['SIGINT', 'SIGTERM'] as const;
    for (const signal of signals) process.once(signal, stop);
  });
}
