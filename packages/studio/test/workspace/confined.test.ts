import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testFolder } from '../../../tutelage/test/tasks/folder.js';
import { existingPath, writablePath } from '../../src/workspace/confined.js';

const outside = testFolder();
const inside = testFolder();
inside.write('data/table.csv', 'a');
inside.write('.studio/studio.db', 'a');
outside.write('secret.csv', 'a');
symlinkSync(outside.path, join(inside.path, 'away'));
symlinkSync(join(outside.path, 'secret.csv'), join(inside.path, 'secret.csv'));
symlinkSync(join(outside.path, 'absent.csv'), join(inside.path, 'dangling.csv'));
symlinkSync(join(outside.path, 'absent'), join(inside.path, 'nowhere'));
symlinkSync(join(inside.path, 'data'), join(inside.path, 'alias'));

test('what is in the folder is found, also by a link within it', () => {
  expect(existingPath(inside.path, 'data/table.csv')).toBe(join(inside.path, 'data', 'table.csv'));
  expect(existingPath(inside.path, 'alias/table.csv')).toBe(join(inside.path, 'data', 'table.csv'));
  expect(existingPath(inside.path, 'data')).toBe(join(inside.path, 'data'));
});

const ways = [
  '../secret.csv',
  'data/../../secret.csv',
  'data/../data/table.csv',
  '/etc/passwd',
  'away/secret.csv',
  'away',
  'secret.csv',
  '.studio/studio.db',
  'data//table.csv',
  'data\\table.csv',
  'C:data',
  'data/table.csv\0.png',
  '',
  '.',
  '..',
];

test.each(ways)('%j leads nowhere', (path) => {
  expect(() => existingPath(inside.path, path)).toThrow(expect.objectContaining({ status: 403 }));
  expect(() => writablePath(inside.path, path)).toThrow(expect.objectContaining({ status: 403 }));
});

test('what is not there is not found, and may be written', () => {
  expect(() => existingPath(inside.path, 'data/other.csv')).toThrow(expect.objectContaining({ status: 404 }));
  expect(() => existingPath(inside.path, 'dangling.csv')).toThrow(expect.objectContaining({ status: 404 }));
  expect(writablePath(inside.path, 'data/other.csv')).toBe(join(inside.path, 'data', 'other.csv'));
  expect(writablePath(inside.path, 'new/deep/other.csv')).toBe(join(inside.path, 'new', 'deep', 'other.csv'));
  expect(() => writablePath(inside.path, 'away/new.csv')).toThrow(expect.objectContaining({ status: 403 }));
  expect(() => writablePath(inside.path, 'nowhere/new.csv')).toThrow(
    expect.objectContaining({ status: 403 }),
  );
  expect(() => writablePath(inside.path, 'dangling.csv')).toThrow(expect.objectContaining({ status: 403 }));
});
