import { appendFileSync } from 'node:fs';
import { nodeFileSystem } from '../../src/runs/file-system.js';
import { interruptible } from '../../src/runs/interrupt.js';
import { runLoop } from '../../src/runs/loop.js';
import { messagesOnly } from '../../src/runs/progress.js';
import { openRun } from '../../src/runs/run.js';
import { intercepted } from './faults.js';
import { type ToySettings, toyLoop } from './toy.js';

/** What the process is to do, as JSON in its only argument. */
export interface ChildTask extends ToySettings {
  readonly path: string;
  /** A file that gets a line `from <step>` when training starts. */
  readonly journal: string;
  /** Die by SIGKILL when this many steps have been started, or ahead of this file-system call. */
  readonly killAtStep?: number;
  readonly killAtCall?: number;
  /** Die ahead of this rename: 1 is the status at the start, 2 the first checkpoint's. */
  readonly killAtRename?: number;
  /** Never end the step of this index. */
  readonly hangAtStep?: number;
}

const task = JSON.parse(process.argv[2]!) as ChildTask;
const die = (): void => void process.kill(process.pid, 'SIGKILL');
let renames = 0;
const fs = intercepted(nodeFileSystem, (count, call) => {
  if (call === 'rename') renames++;
  if (count === task.killAtCall || (call === 'rename' && renames === task.killAtRename)) die();
});
const options = toyLoop(openRun(task.path), task, fs);
let started = 0;
try {
  await interruptible((signal) =>
    runLoop({
      ...options,
      signal,
      progress: messagesOnly(),
      async step(index) {
        if (started === 0) appendFileSync(task.journal, `from ${index}\n`);
        started++;
        if (started === task.killAtStep) die();
        if (index === task.hangAtStep) {
          process.stdout.write('hanging\n');
          await new Promise((resolve) => setTimeout(resolve, 60_000));
        }
        return options.step(index);
      },
    }),
  );
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
