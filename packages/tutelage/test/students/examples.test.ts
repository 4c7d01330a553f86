import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, openChromium } from '../../../engine/test/browser/chromium.js';
import { pixelsOf } from '../../src/students/image-input.js';
import { imageNano } from '../../src/students/image-presets.js';
import { loadRetriever } from '../../src/students/load-retriever.js';
import { loadStudent } from '../../src/students/load-student.js';
import type { CardFacts } from '../../src/students/model-card.js';
import { shipStudent } from '../../src/students/ship.js';
import { similarity } from '../../src/students/similarity.js';
import { textNano } from '../../src/students/text-nano.js';
import { textSmall } from '../../src/students/text-small.js';
import { buildPackages, startNode } from '../cli/built.js';
import { shippedRetriever } from './shipped.js';

const root = new URL('../../../../', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'tutelage-examples-'));
const validation = { inputs: [], classes: [] };
const facts: CardFacts = {
  name: 'example',
  data: { name: 'none', hash: '', train: 0, validation: 0, test: 0 },
  metrics: [],
  warnings: [],
};

const packageFolder = (name: string): string => {
  const own = { tutelage: 'packages/tutelage', '@tutelage/engine': 'packages/engine' }[name];
  return join(root, own ?? `node_modules/${name}`);
};

/** What the network answers to the page: the installed packages, as far as the versions are theirs. */
async function answerOf(url: string): Promise<{ readonly status: number; readonly body: string | Buffer }> {
  const [, name, version, path] =
    /^https:\/\/cdn\.jsdelivr\.net\/npm\/((?:@[^/]+\/)?[^/@]+)@([^/]+)\/(.+)$/.exec(url) ?? [];
  if (name === undefined || path === undefined) return { status: 403, body: `not pinned: ${url}` };
  const installed = JSON.parse(readFileSync(join(packageFolder(name), 'package.json'), 'utf8'));
  if (installed.version !== version) return { status: 404, body: `${name} is ${installed.version}` };
  if (path !== '+esm') return { status: 200, body: readFileSync(join(packageFolder(name), path)) };
  const { outputFiles } = await build({
    stdin: { contents: `export * from ${JSON.stringify(name)}`, resolveDir: root },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  });
  return { status: 200, body: outputFiles[0]!.text };
}

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasChromium)('example.html in a page (skipped without /usr/bin/chromium)', () => {
  let browser: Browser;
  let server: Server;
  let address: string;

  beforeAll(async () => {
    buildPackages();
    browser = await openChromium();
    const types: Readonly<Record<string, string>> = { html: 'text/html', json: 'application/json' };
    server = createServer((request, response) => {
      try {
        const body = readFileSync(join(folder, new URL(request.url!, 'http://x').pathname));
        response.setHeader(
          'Content-Type',
          types[request.url!.split('.').at(-1)!] ?? 'application/octet-stream',
        );
        response.end(body);
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  /** The page as it was shipped; what it fetches from the network comes from the installed packages. */
  async function open(student: string) {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    await page.route(/^https:/, async (route) => {
      const url = route.request().url();
      const { status, body } = await answerOf(url);
      if (status !== 200) problems.push(String(body));
      const contentType = /\.wasm$/.test(url) ? 'application/wasm' : 'text/javascript';
      await route.fulfill({ status, body, contentType, headers: { 'Access-Control-Allow-Origin': '*' } });
    });
    await page.goto(`${address}/${student}/example.html`);
    await page.waitForSelector('body[data-ready]', { state: 'attached' }).catch((error: unknown) => {
      throw new Error(`${problems.join('; ')}: ${String(error)}`);
    });
    return page;
  }

  test.each([textNano, textSmall])('text: $id', async (preset) => {
    const texts = ['where is my card', 'the card is late', 'my transfer is late', 'where is the transfer'];
    const student = await preset.create(texts, ['yes', 'no'], random.key(1));
    const trained = { params: student.net.params, statistics: student.net.statistics };
    await shipStudent({
      folder: join(folder, preset.id),
      input: 'text',
      student,
      trained,
      validation,
      facts,
    });
    const loaded = await loadStudent(join(folder, preset.id));
    if (loaded.input !== 'text') throw new Error('not a student of texts');
    const [expected] = await loaded.predict(['where is my card']);
    await loaded.dispose();
    const page = await open(preset.id);
    await page.fill('#input', 'where is my card');
    await page.press('#input', 'Tab');
    await page.waitForFunction("document.querySelector('#answer').value !== ''");
    const answer = await page.evaluate<string>("document.querySelector('#answer').value");
    const [label, probability] = answer.split(' ');
    expect(label).toBe(expected!.label);
    expect(Number(probability)).toBeCloseTo(Math.max(...expected!.probabilities), 2);
    await page.close();
  });

  test('search', async () => {
    await shippedRetriever(join(folder, 'search'));
    const page = await open('search');
    await page.fill('#input', 'a transfer to my bank');
    await page.press('#input', 'Tab');
    await page.waitForFunction("document.querySelector('#answer').textContent !== ''");
    const lines = (await page.evaluate<string>("document.querySelector('#answer').innerText")).split('\n');
    const loaded = await loadRetriever(join(folder, 'search'));
    const [query, ...vectors] = await loaded.embed([
      'a transfer to my bank',
      ...lines.map((line) => line.replace(/^\S+ /, '')),
    ]);
    await loaded.dispose();
    const scores = vectors.map((vector) => similarity(query!, vector));
    expect(scores).toHaveLength(3);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    lines.forEach((line, i) => {
      expect(Number.parseFloat(line)).toBeCloseTo(scores[i]!, 2);
    });
    await page.close();
  });

  test('image', async () => {
    const pixels = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => (i * 37) % 256);
    const file = join(folder, 'picture.png');
    await sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } })
      .png()
      .toFile(file);
    const student = await imageNano({ height: 8, width: 8, channels: 3 }).create(
      [pixels],
      ['a', 'b'],
      random.key(2),
    );
    const trained = { params: student.net.params, statistics: {} };
    await shipStudent({ folder: join(folder, 'image'), input: 'image', student, trained, validation, facts });
    const loaded = await loadStudent(join(folder, 'image'));
    if (loaded.input !== 'image') throw new Error('not a student of images');
    const [expected] = await loaded.predict([pixels]);
    await loaded.dispose();
    const page = await open('image');
    await page.setInputFiles('#input', file);
    await page.waitForFunction("document.querySelector('#answer').value !== ''");
    const answer = await page.evaluate<string>("document.querySelector('#answer').value");
    const [label, probability] = answer.split(' ');
    expect(label).toBe(expected!.label);
    expect(Number(probability)).toBeCloseTo(Math.max(...expected!.probabilities), 2);
    await page.close();
  });
});

test('example.mjs of images takes PNG and JPEG files', async () => {
  const format = { height: 12, width: 10, channels: 3 } as const;
  const noise = new Float32Array(format.height * format.width * 3);
  random.fillUniform(noise, random.key('example'));
  const pixels = Uint8Array.from(noise, (u) => Math.floor(256 * u));
  const student = await imageNano(format).create([pixels], ['cat', 'dog', 'owl'], random.key(3));
  const trained = { params: student.net.params, statistics: student.net.statistics };
  const place = join(folder, 'images');
  await shipStudent({ folder: place, input: 'image', student, trained, validation, facts });
  const files = ['picture.png', 'photo.jpg'].map((name) => join(folder, name));
  for (const file of files) {
    const raw = { width: format.width, height: format.height, channels: 3 } as const;
    await sharp(pixels, { raw }).resize(40, 36).toFile(file);
  }
  const loaded = await loadStudent(place);
  if (loaded.input !== 'image') throw new Error('not a student of images');
  const expected = await loaded.predict(
    await Promise.all(files.map((file) => pixelsOf(file, loaded.format))),
  );
  await loaded.dispose();
  buildPackages();
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const { stdout, stderr } = await startNode([join(place, 'example.mjs'), ...files], folder).ended;
  expect(stderr).toBe('');
  expect(stdout).toBe(
    expected
      .map(({ label, probabilities }) => `${label} ${Math.max(...probabilities).toFixed(3)}\n`)
      .join(''),
  );
});
