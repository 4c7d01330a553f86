import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { leavesOf, type Tensor, type Tree } from '@tutelage/engine';
import { z } from 'zod';
import { UserError } from '../../core/errors.js';
import { given } from '../../core/given.js';
import { ownRun } from '../../own-data/own-run.js';
import { nodeFileSystem } from '../../runs/file-system.js';
import { type Journal, openJournal } from '../../runs/journal.js';
import { type Run, resumeCommand } from '../../runs/run.js';
import { type PassLogs, passLogs } from '../../students/lesson-logs.js';
import type { TrainingRun } from '../../students/resumable-training.js';
import { type TuneParameters, tuneParameters } from '../commands/tune.js';
import type { Tuning } from './tuning.js';

/** What the configuration of a tuning holds; hashes of what it works with stand beside it. */
const tuneConfig = tuneParameters.omit({ out: true }).extend({ command: z.literal('tune') });

/**
 * The run of a tuning, in the folder of its result: made, or gone on with.
 *
 * @param data all that is learned or measured on
 * @param judge the weights of a judge of answers
 * @throws {UserError} when there is a run of another tuning
 */
export function runOf(
  { params: { out: _, ...params }, model, out }: Tuning,
  data: readonly unknown[],
  judge?: unknown,
): Run {
  const facts = {
    ...params,
    command: 'tune',
    model: resolve(params.model),
    data: resolve(params.data),
    judge: params.judge === undefined ? undefined : resolve(params.judge),
    dataHash: hashOf(data.map((row) => JSON.stringify(row))),
    modelHash: weightsHash(model.params),
    judgeHash: judge === undefined ? undefined : weightsHash(judge),
  };
  return ownRun(runFolder(out), `tune ${params.method}`, given(facts));
}

const runFolder = (out: string): string => join(out, 'run');

/** The parameters that go on with a run, or undefined if it is no tuning. */
export function parametersOf(run: Run): TuneParameters | undefined {
  const config = tuneConfig.safeParse(run.config);
  if (!config.success) return undefined;
  const { command: _, ...params } = config.data;
  return { ...params, out: dirname(run.path) };
}

/** How a tuning is kept. */
export function keptIn(run: Run, { progress }: Tuning): Omit<TrainingRun, 'signal'> {
  return { run, progress, checkpointEvery: { seconds: 300 } };
}

/** Log-probabilities under the reference as far as they are known. */
export function referenceJournal(run: Run): Journal<PassLogs> {
  const path = join(run.path, 'reference.jsonl');
  return openJournal(nodeFileSystem, path, {
    facts: { run: run.name },
    record: passLogs,
    otherwise: () =>
      new UserError(`not of this run: ${path}`, { hint: 'delete it: it is then computed again' }),
  });
}

/** What is told where a tuning was interrupted before the training began; the training tells itself how it goes on. */
export const interrupted = (run: Run): readonly string[] => [
  `interrupted; resume with: ${resumeCommand(run.path)}`,
];

function weightsHash(params: unknown): string {
  return hashOf(
    leavesOf<Tensor>(params as Tree<Tensor>).flatMap(({ path, leaf: { data } }) => [
      path,
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    ]),
  );
}

function hashOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\n');
  return hash.digest('hex');
}
