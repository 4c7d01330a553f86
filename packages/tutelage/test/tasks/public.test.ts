import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PUBLIC_DATASETS } from '../../src/tasks/datasets/index.js';
import { cacheFolder, fetchFiles, filesIn, publicDataset } from '../../src/tasks/public.js';
import type { PublicDataset } from '../../src/tasks/public-dataset.js';
import { sharedData, testFolder, userError } from './folder.js';

const folder = testFolder();
const content = Buffer.from('text,label\n'.repeat(1000));
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let server: Server;
let origin: string;
let requests = 0;

beforeAll(async () => {
  server = createServer((request, response) => {
    requests++;
    switch (request.url) {
      case '/good':
        response.end(content);
        break;
      case '/changed':
        response.end(Buffer.alloc(content.length, 'x'));
        break;
      case '/short':
        response.end(content.subarray(1));
        break;
      case '/endless':
        response.write(content);
        response.write(content);
        response.end();
        break;
      case '/broken':
        response.writeHead(200, { 'content-length': content.length });
        response.write(content.subarray(0, 100), () => response.destroy());
        break;
      default:
        response.writeHead(404).end('nothing here');
    }
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function dataset(url: string): PublicDataset {
  const file = { url, bytes: content.length, sha256: sha256(content) };
  return { about: 'for this test', licence: 'none', source: url, files: { 'train.csv': file } };
}

describe('fetchFiles', () => {
  it('downloads once, and again when the file is damaged', async () => {
    const cache = join(folder.path, 'cache', 'good');
    const before = requests;
    const paths = await fetchFiles(dataset(`${origin}/good`), cache);
    expect(readFileSync(paths.get('train.csv')!)).toEqual(content);
    await fetchFiles(dataset(`${origin}/good`), cache);
    expect(requests).toBe(before + 1);
    writeFileSync(paths.get('train.csv')!, Buffer.alloc(content.length));
    await fetchFiles(dataset(`${origin}/good`), cache);
    expect(requests).toBe(before + 2);
    expect(readFileSync(paths.get('train.csv')!)).toEqual(content);
    expect(readdirSync(cache)).toEqual(['train.csv']);
  });

  it.each([
    ['changed', /checksum is wrong/],
    ['short', /10999 of 11000 bytes came/],
    ['endless', /more than the expected 11000 bytes came/],
    ['broken', /connection broke/],
    ['missing', /the server answered 404/],
  ])('leaves nothing behind when the file is %s', async (name, detail) => {
    const cache = join(folder.path, 'cache', name);
    const error = await userError(fetchFiles(dataset(`${origin}/${name}`), cache));
    expect(error.message).toBe(`download failed: ${origin}/${name}`);
    expect(error.detail).toMatch(detail);
    expect(readdirSync(cache)).toEqual([]);
  });

  it('says that a server is not there', async () => {
    const error = await userError(
      fetchFiles(dataset('http://127.0.0.1:1/file'), join(folder.path, 'cache', 'off')),
    );
    expect(error.message).toBe('download failed: http://127.0.0.1:1/file');
  });

  it('leaves out a part that is not to be kept, and checks the rest', async () => {
    const [from, to] = ['label\n', 'label\ntext'];
    const cut = { from: 'text,', to };
    const rest = Buffer.from(content.toString().replace('text,', ''));
    const file = { url: `${origin}/good`, bytes: rest.length, sha256: sha256(rest), without: cut };
    const set: PublicDataset = { ...dataset(''), files: { 'train.csv': file } };
    const paths = await fetchFiles(set, join(folder.path, 'cache', 'rest'));
    expect(readFileSync(paths.get('train.csv')!)).toEqual(rest);
    const wrong = { ...set, files: { 'train.csv': { ...file, without: { from: 'absent', to: from } } } };
    const error = await userError(fetchFiles(wrong, join(folder.path, 'cache', 'whole')));
    expect(error.detail).toContain('the checksum is wrong');
  });

  it('says when the cache cannot be written', async () => {
    const file = folder.write('a file', '');
    const error = await userError(fetchFiles(dataset(`${origin}/good`), file));
    expect(error.message).toBe(`can't write: ${join(file, 'train.csv')}`);
  });

  it('lets several fetch at the same time', async () => {
    const cache = join(folder.path, 'cache', 'many');
    await Promise.all(Array.from({ length: 5 }, () => fetchFiles(dataset(`${origin}/good`), cache)));
    expect(readdirSync(cache)).toEqual(['train.csv']);
    expect(readFileSync(join(cache, 'train.csv'))).toEqual(content);
  });
});

it('reads files where the user has them, gzipped or not', async () => {
  const path = folder.write('mine/train.csv.gz', 'x');
  expect((await filesIn(dataset(''), join(folder.path, 'mine'))).get('train.csv')).toBe(path);
  const error = await userError(filesIn(dataset(''), folder.path));
  expect(error.message).toBe(`no such file: ${join(folder.path, 'train.csv')}`);
});

it('keeps the cache where the user wants it', () => {
  expect(cacheFolder({ TUTELAGE_CACHE: '/a', XDG_CACHE_HOME: '/b' }, 'linux')).toBe('/a');
  expect(cacheFolder({ XDG_CACHE_HOME: '/b' }, 'linux')).toBe(join('/b', 'tutelage'));
  expect(cacheFolder({}, 'linux')).toMatch(/[\\/]\.cache[\\/]tutelage$/);
  expect(cacheFolder({}, 'darwin')).toMatch(/Caches[\\/]tutelage$/);
});

describe('the registry', () => {
  it('knows its data sets, and no others', () => {
    expect(publicDataset('mnist').licence).toBe('CC BY-SA 3.0');
    expect(() => publicDataset('toString')).toThrow('unknown data set: toString');
  });

  it('has whole entries', () => {
    for (const { files } of Object.values<PublicDataset>(PUBLIC_DATASETS)) {
      for (const file of Object.values(files)) {
        expect(file.url).toMatch(/^https:\/\//);
        expect(file.sha256).toMatch(/^[0-9a-f]{64}$/);
        expect(file.bytes).toBeGreaterThan(0);
      }
    }
  });

  it.for([
    ['banking77', 'train.csv'],
    ['banking77', 'categories.json'],
    ['cacm', 'cacm.all'],
    ['tinyshakespeare', 'input.txt'],
  ] as const)('%s/%s has the content of the shared copy', ([set, name], { skip }) => {
    const shared = sharedData(set);
    if (shared === undefined) skip('the shared data is absent');
    const plain = join(shared!, name);
    const bytes = existsSync(plain) ? readFileSync(plain) : gunzipSync(readFileSync(`${plain}.gz`));
    const files: PublicDataset['files'] = PUBLIC_DATASETS[set].files;
    expect({ bytes: bytes.length, sha256: sha256(bytes) }).toEqual({
      bytes: files[name]!.bytes,
      sha256: files[name]!.sha256,
    });
  });
});
