import { availableParallelism } from 'node:os';
import { nn, type Tensor, type Tree } from '@tutelage/engine';
import type { Gpt, GptConfig } from '../../models/gpt.js';
import type { Llama, LlamaConfig } from '../../models/llama.js';
import {
  type Drawer,
  type DrawnModel,
  drawer,
  type RolloutOptions,
  type Share,
  type Weights,
} from './drawer.js';
import type { Generated } from './generate.js';
import { remoteDrawer } from './remote-drawer.js';

/** Draws many answers on all cores, by weights that may change. */
export interface Rollouts<P> {
  /** Takes these weights from now on. They are read at the next draw, and must not change before the last one. */
  load(params: P): void;
  /**
   * Continues prompts as {@link generate} does. One call at a time.
   *
   * @throws {UserError} as {@link generate} does, and when a process ends before its time
   * @throws the signal's reason when it is aborted
   */
  draw(prompts: readonly (readonly number[])[], options: RolloutOptions): Promise<Generated[]>;
  release(): Promise<void>;
}

export interface RolloutsOptions {
  /** Threads in all; as many as there are cores unless told. */
  readonly threads?: number;
}

/** Answers of a LLaMA model, at most `positions` tokens with their prompts. */
export function llamaRollouts(
  config: LlamaConfig,
  positions: number,
  options: RolloutsOptions = {},
): Rollouts<Llama<Tensor>> {
  return rollouts({ kind: 'llama', config, positions }, options);
}

/** Answers of a GPT model. */
export function gptRollouts(config: GptConfig, options: RolloutsOptions = {}): Rollouts<Gpt<Tensor>> {
  return rollouts({ kind: 'gpt', config }, options);
}

/** Most prompts that are drawn together. The same for any number of processes, so that answers don't depend on it. */
const rowsTogether = 32;

/** Products with more weights keep several threads busy by themselves, and a copy in each process would be dear. */
const smallModel = 2 ** 24;

function rollouts<P>(model: DrawnModel, { threads = availableParallelism() }: RolloutsOptions): Rollouts<P> {
  let weights: Weights | undefined;
  let small = true;
  const [here, withThreads] = [drawer(model, 1), drawer(model, threads)];
  const elsewhere = Array.from({ length: threads }, () => remoteDrawer(model));
  const release = async () => {
    await Promise.all([here, withThreads, ...elsewhere].map((one) => one.release()));
  };
  return {
    load(params) {
      weights = { params: params as Tree<Tensor> };
      small = nn.countParameters(weights.params) <= smallModel;
    },
    async draw(prompts, options) {
      if (!weights) throw new Error('load weights before drawing by them');
      const loaded = weights;
      const shares = sharesOf(prompts);
      const drawers = !small ? [withThreads] : threads > 1 && shares.length > 1 ? elsewhere : [here];
      const open = [...shares.entries()];
      const found: Generated[][] = [];
      const work = async (one: Drawer) => {
        for (let next = open.shift(); next; next = open.shift()) {
          found[next[0]] = await one.draw(loaded, next[1], options);
        }
      };
      try {
        await Promise.all(drawers.map(work));
      } catch (error) {
        // Others may still be at work on what nobody waits for.
        await release();
        throw error;
      }
      return found.flat();
    },
    release,
  };
}

/** Prompts in their order, in as few shares of nearly the same size as there can be. */
function sharesOf(prompts: readonly (readonly number[])[]): Share[] {
  const count = Math.ceil(prompts.length / rowsTogether);
  return Array.from({ length: count }, (_, i) => {
    const [first, end] = [i, i + 1].map((at) => Math.round((at * prompts.length) / count)) as [
      number,
      number,
    ];
    return { prompts: prompts.slice(first, end), first };
  });
}
