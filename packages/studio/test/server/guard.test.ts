import { symlinkSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { afterAll, expect, test } from 'vitest';
import { testStudio } from '../support/studio.js';

const { app, ask, folder, studio, write } = testStudio();
const job = { kind: 'reproduce', claim: 'cyclical-curriculum', quick: true };
const noJob = () => expect(studio.jobs.list()).toEqual([]);

test.each(['localhost:7878', '127.0.0.1:7878', '127.0.0.1', '[::1]:7878', 'LOCALHOST:1'])(
  'a request to %s is answered',
  async (host) => {
    expect((await ask('GET', '/api/status', undefined, { host })).status).toBe(200);
  },
);

test.each([
  'evil.example',
  '127.0.0.1.evil.example',
  'localhost.evil.example:7878',
  '',
  'localhost@evil.example',
  '0.0.0.0:7878',
])('a name that was made to mean this machine is refused: %s', async (host) => {
  for (const path of ['/api/status', '/', '/feeds/papers.atom', '/unsubscribe/x']) {
    expect((await ask('GET', path, undefined, { host })).status).toBe(403);
  }
  expect((await ask('POST', '/api/jobs', job, { host })).status).toBe(403);
  noJob();
});

test.each([
  ['another origin', { origin: 'https://evil.example' }],
  ['another port of this machine', { origin: 'http://127.0.0.1:3000' }],
  ['an origin that is hidden', { origin: 'null' }],
  ['another site, without an origin', { origin: undefined, 'sec-fetch-site': 'cross-site' }],
  ['another port, without an origin', { origin: undefined, 'sec-fetch-site': 'same-site' }],
  ['a form', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['a form with a file', { 'content-type': 'multipart/form-data; boundary=x' }],
  ['text that is JSON', { 'content-type': 'text/plain' }],
  ['no type', { 'content-type': '' }],
])('no request of %s starts a job', async (_, headers) => {
  const given = {
    host: '127.0.0.1:7878',
    origin: 'http://127.0.0.1:7878',
    'content-type': 'application/json',
    ...headers,
  };
  const sent = Object.fromEntries(
    Object.entries(given).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const response = await app.request('http://127.0.0.1:7878/api/jobs', {
    method: 'POST',
    headers: sent,
    body: JSON.stringify(job),
  });
  expect([403, 415]).toContain(response.status);
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
  noJob();
});

test('no other site is told what it may send', async () => {
  const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
  const { status, headers: answered } = await ask('OPTIONS', '/api/jobs', undefined, headers);
  expect(status).toBe(403);
  expect([...answered.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
});

test('a page of another site reads nothing of the interface, but may lead to a page', async () => {
  const headers = { 'sec-fetch-site': 'cross-site' };
  expect((await ask('GET', '/api/papers', undefined, headers)).status).toBe(403);
  expect((await ask('GET', '/papers/2202.05531', undefined, headers)).status).toBe(200);
});

test('every answer has the headers that keep scripts out', async () => {
  for (const path of [
    '/',
    '/api/status',
    '/api/nothing',
    '/assets/app-1.js',
    '/feeds/papers.atom',
    '/unsubscribe/x',
  ]) {
    const { headers } = await ask('GET', path);
    const policy = headers.get('content-security-policy')!;
    const scripts = /script-src ([^;]*)/.exec(policy)![1];
    expect(scripts).toBe("'self' 'wasm-unsafe-eval'");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
  }
  expect(
    (await ask('GET', '/api/status', undefined, { host: 'evil.example' })).headers.get(
      'x-content-type-options',
    ),
  ).toBe('nosniff');
});

test('bodies are bounded, whatever their length is said to be', async () => {
  const endless = new ReadableStream({
    pull: (stream) => stream.enqueue(new Uint8Array(1_000_000).fill(32)),
  });
  const response = await app.request('http://127.0.0.1:7878/api/jobs', {
    method: 'POST',
    headers: { host: '127.0.0.1:7878', 'content-type': 'application/json' },
    body: endless,
    duplex: 'half',
  } as RequestInit);
  expect(response.status).toBe(413);
});

test.each([
  '{',
  '[]',
  'null',
  '"x"',
  '{"kind":"reproduce"}',
  '{"kind":"shell","words":["rm"]}',
  `${'['.repeat(100_000)}`,
])('a body that is no order is refused: %.40s', async (text) => {
  const response = await app.request('http://127.0.0.1:7878/api/jobs', {
    method: 'POST',
    headers: { host: '127.0.0.1:7878', 'content-type': 'application/json' },
    body: text,
  });
  expect(response.status).toBe(400);
  noJob();
});

test('an unknown route is none of the pages', async () => {
  expect((await ask('GET', '/api/nothing')).status).toBe(404);
  expect((await ask('POST', '/papers', {})).status).toBe(404);
});

const server = createServer(getRequestListener(app.fetch));
afterAll(() => void server.close());

test('the same holds behind a socket, where the path comes as it was sent', async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const get = (path: string, host: string) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      request({ port, path, headers: { host } }, (response) => {
        let text = '';
        response.on('data', (part: Buffer) => {
          text += part.toString('latin1');
        });
        response.on('end', () => resolve({ status: response.statusCode!, text }));
      })
        .on('error', reject)
        .end();
    });
  write('secret.txt', 'a secret');
  symlinkSync(join(folder, 'secret.txt'), join(folder, 'pages', 'assets', 'link.txt'));
  expect((await get('/api/status', `127.0.0.1:${port}`)).status).toBe(200);
  expect((await get('/api/status', 'evil.example')).status).toBe(403);
  const ways = [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/assets%5c..%5c..%5csecret.txt',
    '//secret.txt',
    '/assets/link.txt',
    '/%00',
    '/%ff',
  ];
  for (const path of ways) {
    const { status, text } = await get(path, `127.0.0.1:${port}`);
    expect(text).not.toContain('a secret');
    expect([200, 400, 403, 404]).toContain(status);
    if (status === 200) expect(text).toContain('<title>pages</title>');
  }
});
