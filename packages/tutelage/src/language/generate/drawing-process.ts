import { UserError } from '../../core/errors.js';
import {
  type Drawer,
  type DrawnModel,
  drawer,
  type RolloutOptions,
  type Share,
  type Weights,
} from './drawer.js';
import type { Generated } from './generate.js';

/** What a drawing process is asked. */
export interface DrawRequest {
  /** Where they are others than the last time. */
  readonly weights?: Weights & { readonly model: DrawnModel };
  readonly share: Share;
  readonly options: Omit<RolloutOptions, 'signal'>;
}

/** What it says. */
export type DrawReply =
  | { readonly answers: readonly Generated[] }
  | { readonly fault: string; readonly user?: { readonly detail?: string; readonly hint?: string } };

let ready: { readonly drawer: Drawer; readonly weights: Weights } | undefined;

async function answer({ weights, share, options }: DrawRequest): Promise<DrawReply> {
  try {
    if (weights) {
      await ready?.drawer.release();
      ready = { drawer: drawer(weights.model, 1), weights };
    }
    return { answers: await ready!.drawer.draw(ready!.weights, share, options) };
  } catch (error) {
    if (!(error instanceof UserError)) return { fault: (error as Error).stack ?? String(error) };
    const { message, detail, hint } = error;
    return { fault: message, user: { ...(detail && { detail }), ...(hint && { hint }) } };
  }
}

process.on('message', async (request: DrawRequest) => {
  process.send!(await answer(request));
});
// An interruption from the keyboard goes to the whole group; what it means is for the parent to say.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit());
