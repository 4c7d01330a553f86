import { type ChildProcess, fork } from 'node:child_process';
import type { Execute, Outcome } from '../claims/trials.js';
import { UserError } from '../core/errors.js';

/** What a process is asked to run. */
export interface TrialRequest {
  readonly claim: string;
  readonly arm: string;
  readonly seed: number;
}

/** What it answers. */
export type TrialReply = { readonly outcome: Outcome } | { readonly error: string };

/** Runs trials in processes of their own, one each, which are kept for the next. */
export function trialProcesses(claim: string): { readonly execute: Execute; stop(): void } {
  const all = new Set<ChildProcess>();
  const idle: ChildProcess[] = [];
  const started = (): ChildProcess => {
    // Ctrl-C in a terminal reaches the whole group: the parent alone decides what it means.
    const child = fork(new URL('./trial-process.js', import.meta.url), {
      detached: true,
      serialization: 'advanced',
    });
    all.add(child);
    return child;
  };
  const execute: Execute = (trial, signal) => {
    const child = idle.pop() ?? started();
    return new Promise<Outcome>((resolve, reject) => {
      const onAbort = (): void => void child.kill('SIGKILL');
      const settle = (): void => {
        signal.removeEventListener('abort', onAbort);
        child.removeAllListeners();
      };
      child.once('message', (reply: TrialReply) => {
        settle();
        idle.push(child);
        if ('outcome' in reply) resolve(reply.outcome);
        else reject(new UserError(`arm ${trial.arm}, seed ${trial.seed}: ${reply.error}`));
      });
      child.once('exit', (code, kill) => {
        settle();
        all.delete(child);
        reject(new UserError(`arm ${trial.arm}, seed ${trial.seed}: its process ended with ${code ?? kill}`));
      });
      child.once('error', reject);
      signal.addEventListener('abort', onAbort, { once: true });
      child.send({ claim, ...trial } satisfies TrialRequest);
    });
  };
  return {
    execute,
    stop() {
      for (const child of all) child.kill();
    },
  };
}
