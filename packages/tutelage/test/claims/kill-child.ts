import { reproduce } from '../../src/claims/reproduce.js';
import { messagesOnly } from '../../src/runs/progress.js';
import { toyClaim, toyOutcome } from './toy-claim.js';

/** Reproduces the toy claim in a folder, and dies in the middle of a trial. */
const [folder, trials] = process.argv.slice(2);
let started = 0;
await reproduce(toyClaim(), {
  folder: folder!,
  jobs: 1,
  plot: () => '<svg/>',
  progress: messagesOnly(),
  signal: new AbortController().signal,
  execute: async (trial, signal) => {
    if (started++ === Number(trials)) process.kill(process.pid, 'SIGKILL');
    return toyOutcome(trial, signal);
  },
});
