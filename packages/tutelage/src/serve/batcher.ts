/** Why work was not taken in: too much is waiting, or the batcher is closing. */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(readonly reason: 'full' | 'closing') {
    super(reason === 'full' ? 'too many inputs are waiting' : 'shutting down');
  }
}

export interface BatcherOptions {
  /** Inputs that are run together at most. */
  readonly maxBatch: number;
  /** Inputs that may wait. */
  readonly maxQueue: number;
  /** How long the first of a batch waits for others, in milliseconds. */
  readonly waitMilliseconds: number;
  /** Told the size of each batch that was run. */
  readonly onBatch?: (size: number) => void;
}

export interface Batcher<I, O> {
  /** Inputs that wait or are being run. */
  readonly waiting: number;
  /**
   * Answers to inputs, in their order, run together with those of other callers.
   *
   * @throws {Refused} at once, when too many wait or it is closing
   */
  submit(inputs: readonly I[]): Promise<O[]>;
  /** Takes nothing more, and resolves when all that was taken is answered. */
  close(): Promise<void>;
}

interface Job<I, O> {
  readonly inputs: readonly I[];
  readonly answers: O[];
  /** How many of its inputs have been put into a batch. */
  taken: number;
  readonly resolve: (answers: O[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Collects the inputs of many callers and runs them in batches, one batch at a time. */
export function createBatcher<I, O>(
  run: (inputs: readonly I[]) => Promise<readonly O[]>,
  options: BatcherOptions,
): Batcher<I, O> {
  const { maxBatch, maxQueue, waitMilliseconds, onBatch } = options;
  let jobs: Job<I, O>[] = [];
  let waiting = 0;
  let isClosing = false;
  let working: Promise<void> | undefined;

  const untaken = (): number => jobs.reduce((sum, job) => sum + job.inputs.length - job.taken, 0);

  async function runBatch(): Promise<void> {
    const parts: { readonly job: Job<I, O>; readonly inputs: readonly I[] }[] = [];
    let size = 0;
    for (const job of jobs) {
      if (size === maxBatch) break;
      const inputs = job.inputs.slice(job.taken, job.taken + maxBatch - size);
      job.taken += inputs.length;
      size += inputs.length;
      parts.push({ job, inputs });
    }
    try {
      const answers = await run(parts.flatMap(({ inputs }) => inputs));
      onBatch?.(size);
      let at = 0;
      for (const { job, inputs } of parts) {
        job.answers.push(...answers.slice(at, at + inputs.length));
        at += inputs.length;
        if (job.answers.length === job.inputs.length) finish(job, () => job.resolve(job.answers));
      }
    } catch (error) {
      for (const { job } of parts) finish(job, () => job.reject(error));
    }
  }

  function finish(job: Job<I, O>, settle: () => void): void {
    jobs = jobs.filter((other) => other !== job);
    waiting -= job.inputs.length;
    settle();
  }

  async function work(): Promise<void> {
    while (jobs.length > 0) {
      if (!isClosing && untaken() < maxBatch) await sleep(waitMilliseconds);
      await runBatch();
    }
    working = undefined;
  }

  return {
    get waiting() {
      return waiting;
    },
    submit(inputs) {
      if (isClosing) return Promise.reject(new Refused('closing'));
      if (waiting + inputs.length > maxQueue) return Promise.reject(new Refused('full'));
      if (inputs.length === 0) return Promise.resolve([]);
      waiting += inputs.length;
      return new Promise((resolve, reject) => {
        jobs.push({ inputs, answers: [], taken: 0, resolve, reject });
        working ??= work();
      });
    },
    async close() {
      isClosing = true;
      await working;
    },
  };
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
