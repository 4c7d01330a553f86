import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { UserError } from '../../core/errors.js';
import type { Drawer, DrawnModel, Weights } from './drawer.js';
import type { DrawReply, DrawRequest } from './drawing-process.js';

const program = createRequire(import.meta.url).resolve('#drawing-process');

/**
 * Draws in a process of its own, with one thread. The process starts with the first share, and ends when it is released, aborted or at
 * fault; another takes its place for the next share.
 */
export function remoteDrawer(model: DrawnModel): Drawer {
  let ready: { readonly child: ChildProcess; known?: Weights } | undefined;
  const release = () => {
    ready?.child.kill('SIGKILL');
    ready = undefined;
  };
  return {
    async draw(weights, share, { signal, ...options }) {
      signal?.throwIfAborted();
      ready ??= { child: start() };
      const { child } = ready;
      const news = ready.known === weights ? {} : { weights: { model, ...weights } };
      ready.known = weights;
      signal?.addEventListener('abort', release);
      try {
        const reply = await ask(child, { ...news, share, options });
        if ('answers' in reply) return [...reply.answers];
        throw reply.user ? new UserError(reply.fault, reply.user) : new Error(reply.fault);
      } catch (error) {
        if (ready?.child === child) release();
        signal?.throwIfAborted();
        throw error;
      } finally {
        signal?.removeEventListener('abort', release);
      }
    },
    release: async () => release(),
  };
}

function start(): ChildProcess {
  const child = fork(program, {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  // Nobody should wait for a process that has nothing to do.
  child.unref();
  child.channel!.unref();
  return child;
}

/** One question to a process, which has no other to answer. */
async function ask(child: ChildProcess, request: DrawRequest): Promise<DrawReply> {
  const settled = new AbortController();
  const { signal } = settled;
  child.channel?.ref();
  const reply = once(child, 'message', { signal }).then(([message]) => message as DrawReply);
  const end = once(child, 'exit', { signal }).then(([code, by]) => {
    throw new UserError(`a process that draws answers ended ${by ? `by ${by}` : `with code ${code}`}`, {
      hint: 'too little memory is the usual reason: ask for fewer threads',
    });
  });
  child.send(request, () => {
    // A process that is gone is told of by its end.
  });
  try {
    return await Promise.race([reply, end]);
  } finally {
    settled.abort();
    child.channel?.unref();
  }
}
