import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll } from 'vitest';

const root = new URL('../../../../', import.meta.url).pathname;

/** The program that runs a job, which is built before the tests: processes run what is built. */
export const jobProgram = join(root, 'packages/studio/dist/jobs/run-job.js');

export const commandLine = join(root, 'packages/tutelage/bin/tutelage.js');

export function buildStudio(): void {
  beforeAll(() => {
    // What does not compile elsewhere in the package is not for these tests to tell.
    spawnSync(process.execPath, [
      join(root, 'node_modules/typescript/bin/tsc'),
      '--build',
      join(root, 'packages/studio'),
    ]);
  });
}

/** Asks until the answer is yes. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50));
}
