import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { testFolder } from '../../../tutelage/test/tasks/folder.js';
import { filesSchema } from '../../src/api/index.js';
import { keepUpload } from '../../src/workspace/uploads.js';
import { testStudio } from '../support/studio.js';

const { ask, folder, write } = testStudio();
const put = (path: string, bytes: Uint8Array) =>
  ask('PUT', `/api/uploads/${path}`, bytes, { 'content-type': 'application/octet-stream' });
const text = (content: string) => new TextEncoder().encode(content);
const png = new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0]);

test('tables and folders of pictures are kept, listed and removed', async () => {
  expect((await put('tickets.csv', text('text,label\na,b\n'))).json).toEqual({
    path: 'uploads/tickets.csv',
    bytes: 15,
  });
  expect((await put('photos/cat/1.png', png)).status).toBe(201);
  expect((await put('photos/a%20dog/1.png', png)).status).toBe(201);
  expect((await put('big.csv.gz', gzipSync('a,b\n'.repeat(100_000)))).status).toBe(201);
  expect(readFileSync(join(folder, 'uploads', 'tickets.csv'), 'utf8')).toBe('text,label\na,b\n');
  expect((await ask('GET', '/api/uploads')).json).toMatchObject({
    uploads: [
      { path: 'uploads/big.csv.gz', kind: 'file' },
      { path: 'uploads/photos', kind: 'folder', files: 2, bytes: 20 },
      { path: 'uploads/tickets.csv', kind: 'file', bytes: 15 },
    ],
  });
  write('own.csv', 'a,b');
  write('README.md', 'not a table');
  const { files } = filesSchema.parse((await ask('GET', '/api/files')).json);
  expect(files.map(({ path }) => path)).toEqual([
    'own.csv',
    'uploads/big.csv.gz',
    'uploads/photos',
    'uploads/tickets.csv',
  ]);
  expect((await ask('DELETE', '/api/uploads/photos')).status).toBe(204);
  expect((await ask('DELETE', '/api/uploads/photos')).status).toBe(404);
  expect(existsSync(join(folder, 'uploads', 'photos'))).toBe(false);
});

test.each([
  ['a type that is of no use', 'page.html', text('<script>'), 415],
  ['a program', 'run.sh', text('#!/bin/sh'), 415],
  ['no type', 'table', text('a'), 415],
  ['a picture that is none', 'a.png', text('<svg onload=alert(1)>'), 415],
  ['a table that is a program', 'a.csv', new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0, 0]), 415],
  ['a parquet file that is text', 'a.parquet', text('a,b'), 415],
  ['a packed table that is not packed', 'a.csv.gz', text('a,b'), 415],
  ['a packed table that is none', 'a.csv.gz', gzipSync(new Uint8Array(100)), 415],
  ['an empty file', 'a.csv', new Uint8Array(0), 415],
  ['a path upwards', '..%2f..%2fa.csv', text('a'), 403],
  ['an address that is none', '%ff.csv', text('a'), 400],
  ['a hidden name', '.a.csv', text('a'), 403],
  ['a path that is too deep', 'a/b/c/d.csv', text('a'), 403],
])('%s is refused, and leaves nothing', async (_, path, bytes, status) => {
  const before = readdirSync(folder, { recursive: true }).length;
  expect((await put(path, bytes)).status).toBe(status);
  expect(readdirSync(folder, { recursive: true })).toHaveLength(before);
});

test('a page of another site has no type of body to upload with', async () => {
  const headers = { 'content-type': 'text/plain' };
  expect((await ask('PUT', '/api/uploads/a.csv', text('a'), headers)).status).toBe(415);
});

test('an upload without an end is cut off', async () => {
  const { path } = testFolder();
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) yield text('a,b\n'.repeat(1000));
  }
  await expect(keepUpload(path, 'a.csv', endless(), 10_000)).rejects.toMatchObject({ status: 413 });
  expect(readdirSync(join(path, 'uploads'))).toEqual([]);
});

test('an uploads folder that is a link to elsewhere is not written to', async () => {
  const [{ path }, outside] = [testFolder(), testFolder()];
  symlinkSync(outside.path, join(path, 'uploads'));
  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield text('a');
  }
  await expect(keepUpload(path, 'a.csv', bytes())).rejects.toMatchObject({ status: 403 });
  expect(readdirSync(outside.path)).toEqual([]);
});

test('a file does not take the place of a folder', async () => {
  mkdirSync(join(folder, 'uploads', 'taken.csv'), { recursive: true });
  expect((await put('taken.csv', text('a'))).status).toBe(409);
});
