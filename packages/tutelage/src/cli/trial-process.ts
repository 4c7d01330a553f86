// A process that runs the trials that its parent asks for, and ends with it.
import { executeHere } from '../claims/trials.js';
import { methodNamed } from './method-named.js';
import type { TrialReply, TrialRequest } from './trial-processes.js';

const never = new AbortController().signal;

process.on('disconnect', () => process.exit());
process.on('message', async ({ method, arm, seed }: TrialRequest) => {
  process.send!(await replyTo(method, arm, seed));
});

async function replyTo(method: string, arm: string, seed: number): Promise<TrialReply> {
  try {
    const { claim } = await methodNamed(method);
    return { outcome: await executeHere(claim.arms)({ arm, seed }, never) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
