import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ServeLimits, studentApp } from '../../src/serve/app.js';
import { listen } from '../../src/serve/listen.js';
import { imageNano } from '../../src/students/image-presets.js';
import { type LoadedStudent, loadStudent } from '../../src/students/load-student.js';
import type { CardFacts } from '../../src/students/model-card.js';
import { shipStudent } from '../../src/students/ship.js';
import { textNano } from '../../src/students/text-nano.js';

const folder = mkdtempSync(join(tmpdir(), 'tutelage-serve-'));
const limits: ServeLimits = { maxBody: 2000, maxQueue: 8, maxBatch: 4, batchWait: 1 };
const facts: CardFacts = {
  name: 'example',
  data: { name: 'none', hash: '', train: 0, validation: 0, test: 0 },
  metrics: [],
  warnings: [],
};
const validation = { inputs: [], classes: [] };
const pixels = Uint8Array.from({ length: 48 }, (_, i) => (i * 37) % 256);
let texts: LoadedStudent;
let images: LoadedStudent;

beforeAll(async () => {
  const text = await textNano.create([], ['yes', 'no'], random.key(1));
  const image = await imageNano({ height: 4, width: 4, channels: 3 }).create(
    [pixels],
    ['a', 'b'],
    random.key(2),
  );
  const trained = { params: text.net.params, statistics: {} };
  await shipStudent({
    folder: join(folder, 'text'),
    input: 'text',
    student: text,
    trained,
    validation,
    facts,
  });
  await shipStudent({
    folder: join(folder, 'image'),
    input: 'image',
    student: image,
    trained: { params: image.net.params, statistics: {} },
    validation,
    facts,
  });
  texts = await loadStudent(join(folder, 'text'));
  images = await loadStudent(join(folder, 'image'));
});

afterAll(async () => {
  await Promise.all([texts?.dispose(), images?.dispose()]);
  rmSync(folder, { recursive: true, force: true });
});

const post = (path: string, body: unknown, type = 'application/json'): Request =>
  new Request(`http://local${path}`, {
    method: 'POST',
    headers: { 'Content-Type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

test('answers as the student does', async () => {
  if (texts.input !== 'text') throw new Error('not a student of texts');
  const app = studentApp(texts, limits);
  const expected = await texts.predict(['one', 'two']);
  const response = await app.fetch(post('/predict', { inputs: ['one', 'two'] }));
  const { predictions } = (await response.json()) as { predictions: Record<string, unknown>[] };
  expect(predictions).toMatchObject(expected.map(({ label }) => ({ label })));
  const [yes, no] = expected[0]!.probabilities;
  expect(predictions[0]!.probabilities).toEqual({
    yes: expect.closeTo(yes!, 5),
    no: expect.closeTo(no!, 5),
  });
  const listed = await app.fetch(post('/v1/classify', { model: 'any', input: 'one' }));
  expect(await listed.json()).toMatchObject({
    object: 'list',
    model: 'text-nano',
    data: [{ index: 0, label: expected[0]!.label }],
  });
});

test('takes images in base64, and tells which it cannot read', async () => {
  const app = studentApp(images, limits);
  const png = await sharp(pixels, { raw: { width: 4, height: 4, channels: 3 } })
    .png()
    .toBuffer();
  const response = await app.fetch(post('/predict', { inputs: [png.toString('base64')] }));
  expect(response.status).toBe(200);
  const bad = await app.fetch(post('/predict', { inputs: ['bm90IGFuIGltYWdl'] }));
  expect(bad.status).toBe(400);
  expect(await bad.json()).toMatchObject({
    error: { message: expect.stringMatching(/not a readable image/) },
  });
});

test.each([
  ['no JSON', () => post('/predict', '{'), 400],
  ['another shape', () => post('/predict', { texts: ['a'] }), 400],
  ['numbers', () => post('/predict', { inputs: [1] }), 400],
  ['another type', () => post('/predict', '{"inputs":[]}', 'text/plain'), 415],
  ['a large body', () => post('/predict', { inputs: ['x'.repeat(3000)] }), 413],
  ['more inputs than may wait', () => post('/predict', { inputs: Array(9).fill('x') }), 413],
  ['another path', () => post('/nowhere', {}), 404],
  ['another method', () => new Request('http://local/predict'), 404],
] as const)('%s gets %2$i', async (_, request, status) => {
  const response = await studentApp(texts, limits).fetch(request());
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ error: { message: expect.any(String) } });
});

test('a body that does not say its length is cut off at the limit', async () => {
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new Uint8Array(1000).fill(0x20));
    },
  });
  const request = new Request('http://local/predict', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: endless,
    duplex: 'half',
  } as RequestInit);
  expect((await studentApp(texts, limits).fetch(request)).status).toBe(413);
});

test('too many at a time get 429 and when to come again; the others are answered', async () => {
  const app = studentApp(texts, limits);
  const responses = await Promise.all(
    Array.from({ length: 4 }, () => app.fetch(post('/predict', { inputs: ['a', 'b', 'c'] }))),
  );
  expect(responses.map(({ status }) => status).sort()).toEqual([200, 200, 429, 429]);
  expect(responses.find(({ status }) => status === 429)!.headers.get('Retry-After')).toBe('1');
});

test('health and metrics', async () => {
  const app = studentApp(texts, limits);
  await app.fetch(post('/predict', { inputs: ['a', 'b'] }));
  await app.fetch(post('/predict', '{'));
  await app.fetch(new Request('http://local/any/path'));
  const metrics = await (await app.fetch(new Request('http://local/metrics'))).text();
  expect(metrics).toContain('tutelage_requests_total{route="/predict",status="200"} 1');
  expect(metrics).toContain('tutelage_requests_total{route="/predict",status="400"} 1');
  expect(metrics).toContain('tutelage_requests_total{route="unknown",status="404"} 1');
  expect(metrics).toContain('tutelage_predictions_total 2');
  expect(metrics).toContain('tutelage_request_seconds_bucket{le="+Inf"} 3');
  expect((await app.fetch(new Request('http://local/health'))).status).toBe(200);
  await app.close();
  expect((await app.fetch(new Request('http://local/health'))).status).toBe(503);
  expect((await app.fetch(post('/predict', { inputs: ['a'] }))).status).toBe(503);
});

describe('on a port', () => {
  test('a request under way is answered before the server closes', async () => {
    const server = await listen(studentApp(texts, { ...limits, batchWait: 50 }), '127.0.0.1', 0);
    const answer = fetch(`${server.url}/predict`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"inputs":["a"]}',
    });
    while (!/waiting_inputs 1\n/.test(await (await fetch(`${server.url}/metrics`)).text()));
    await server.close();
    expect((await answer).status).toBe(200);
    await expect(fetch(`${server.url}/health`)).rejects.toThrow();
  });

  test('a port in use is told', async () => {
    const app = studentApp(texts, limits);
    const server = await listen(app, '127.0.0.1', 0);
    const port = Number(new URL(server.url).port);
    await expect(listen(app, '127.0.0.1', port)).rejects.toThrow(
      /can't listen on 127\.0\.0\.1:\d+: another program/,
    );
    await server.close();
  });
});
