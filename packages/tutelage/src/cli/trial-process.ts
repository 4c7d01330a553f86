// A process that runs the trials that its parent asks for, and ends with it.
import { executeHere } from '../claims/trials.js';
import { claimNamed } from './method-named.js';
import type { TrialReply, TrialRequest } from './trial-processes.js';

const never = new AbortController().signal;

process.on('disconnect', () => process.exit());
process.on('message', async ({ claim, arm, seed }: TrialRequest) => {
  process.send!(await replyTo(claim, arm, seed));
});

async function replyTo(claim: string, arm: string, seed: number): Promise<TrialReply> {
  try {
    const { arms } = await claimNamed(claim);
    return { outcome: await executeHere(arms)({ arm, seed }, never) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
