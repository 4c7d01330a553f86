import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';
import { UserError } from '../../src/core/errors.js';

/** A new folder that is removed after the tests of the file. */
export function testFolder(): { path: string; write(name: string, content: string | Uint8Array): string } {
  const path = mkdtempSync(join(tmpdir(), 'tutelage-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    write(name, content) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      return file;
    },
  };
}

/** The folder of a data set shared with the repository, or undefined where there is none. */
export function sharedData(name: string): string | undefined {
  return sharedPath('data', name);
}

/** A file or folder shared with the repository, or undefined where there is none. */
export function sharedPath(...parts: readonly string[]): string | undefined {
  const repository = fileURLToPath(new URL('../../../../', import.meta.url));
  const path = join(process.env.TUTELAGE_SHARED ?? resolve(repository, '..', 'shared'), ...parts);
  return existsSync(path) ? path : undefined;
}

/** The user error that a promise fails with. */
export async function userError(promise: Promise<unknown>): Promise<UserError> {
  const error = await promise.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}
