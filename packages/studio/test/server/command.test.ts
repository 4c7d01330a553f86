import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startNode } from '../../../tutelage/test/cli/built.js';
import { testFolder } from '../../../tutelage/test/tasks/folder.js';
import { version } from '../../src/server/version.js';
import { buildStudio, commandLine } from '../support/built.js';

buildStudio();

const studioBin = join(import.meta.dirname, '../../bin/tutelage-studio.js');

test.each([
  ['tutelage studio', [commandLine, 'studio']],
  ['tutelage-studio', [studioBin]],
])('%s serves a workspace until it is told to stop', async (_, words) => {
  const { path } = testFolder();
  const started = startNode([...words, '--folder', path, '--port', '0'], path);
  await started.says(/the studio is open/);
  expect(existsSync(join(path, '.studio', 'studio.db'))).toBe(true);
  started.kill('SIGTERM');
  const { code, stdout } = await started.ended;
  expect(code).toBe(0);
  expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\n$/);
});

test('elsewhere than on the loopback it asks for a token, which it prints', async () => {
  const { path } = testFolder();
  const started = startNode([commandLine, 'studio', '--host', '0.0.0.0', '--port', '0'], path);
  await started.says(/the studio is open/);
  started.kill('SIGTERM');
  const { stdout } = await started.ended;
  expect(stdout).toMatch(/\/\?token=[\w-]{32}\n$/);
});

test('a folder that is not there is named', async () => {
  const { path } = testFolder();
  const { code, stderr } = await startNode([commandLine, 'studio', '--folder', 'absent'], path).ended;
  expect(code).toBe(1);
  expect(stderr).toContain("can't use the folder as a workspace: absent");
  expect(stderr).not.toContain('    at ');
});

test('the version is that of the package', () => {
  const { version: published } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
  );
  expect(version).toBe(published);
});
