import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const path = (relative) => fileURLToPath(new URL(`../${relative}`, import.meta.url));

/** The libraries that race, ours first: each is a process that answers requests as `peers/README.md` tells. */
export const peers = [
  { name: 'Tutelage', command: process.execPath, args: [path('bench/worker.js')] },
  {
    name: 'PyTorch',
    command: process.env.TUTELAGE_PYTHON ?? 'python3',
    args: [path('peers/bench/torch_bench.py')],
  },
  { name: 'TensorFlow.js', command: process.execPath, args: [path('peers/bench/tfjs_worker.js')] },
  { name: 'jax-js', command: process.execPath, args: [path('peers/bench/jaxjs_worker.js')] },
];

/**
 * A running worker. `request` resolves to its answer, or to `{ unsupported }` with the reason where it has none. A worker that takes
 * longer than `patience` milliseconds for an answer is ended.
 */
export function start({ command, args }, patience) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const waiting = [];
  let complaint = '';
  let gone;
  const end = (reason) => {
    gone ??= { unsupported: reason };
    for (const resolve of waiting.splice(0)) resolve(gone);
  };
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(JSON.parse(line)));
  child.stderr.on('data', (text) => {
    complaint = `${complaint}${text}`.slice(-10_000);
  });
  child.stdin.on('error', () => {});
  child.on('error', ({ message }) => end(message));
  child.on('close', () =>
    end(complaint.split('\n').findLast((s) => /Error\b.*:/.test(s)) ?? 'the worker ended'),
  );
  return {
    request(message) {
      if (gone) return gone;
      child.stdin.write(`${JSON.stringify(message)}\n`);
      return new Promise((resolve) => {
        const late = setTimeout(() => {
          end(`no answer within ${patience / 1e3} s`);
          child.kill('SIGKILL');
        }, patience);
        waiting.push((reply) => {
          clearTimeout(late);
          resolve(reply);
        });
      });
    },
    stop: () => child.stdin.end(),
  };
}
