import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fetchModel, fetchPublicModel, type PublicModel } from '../../src/tasks/public-models.js';
import { testFolder } from './folder.js';

const root = testFolder();
let content = 'first';
let requests = 0;
let server: Server;
let model: PublicModel;

beforeAll(async () => {
  server = createServer((_, response) => {
    requests += 1;
    response.end(content);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/config.json`;
  model = { about: '', licence: '', source: '', files: { 'config.json': { url } } };
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

test('what is downloaded once is not downloaded again, and repaired only with the same content', async () => {
  const folder = join(root.path, 'model');
  expect(await fetchModel(model, folder)).toBe(folder);
  const file = join(folder, 'config.json');
  expect(readFileSync(file, 'utf8')).toBe('first');
  await fetchModel(model, folder);
  expect(requests).toBe(1);

  writeFileSync(file, 'fir');
  await fetchModel(model, folder);
  expect(readFileSync(file, 'utf8')).toBe('first');

  content = 'other';
  writeFileSync(file, 'fir');
  await expect(fetchModel(model, folder)).rejects.toMatchObject({
    detail: 'the checksum is wrong: the content has changed or is damaged',
  });
});

test('a damaged list of checksums is named', async () => {
  const folder = join(root.path, 'damaged');
  await fetchModel(model, folder);
  writeFileSync(join(folder, 'checksums.json'), '{"config.json": 1}');
  await expect(fetchModel(model, folder)).rejects.toThrow('not a list of checksums');
});

test('an unknown model is refused with those that are known', async () => {
  await expect(fetchPublicModel('nothing')).rejects.toThrow('unknown model: nothing');
});
