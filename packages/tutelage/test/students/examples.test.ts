import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { random } from '@tutelage/engine';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasChromium, openChromium } from '../../../engine/test/browser/chromium.js';
import { imageNano } from '../../src/students/image-presets.js';
import { loadRetriever } from '../../src/students/load-retriever.js';
import { loadStudent } from '../../src/students/load-student.js';
import type { CardFacts } from '../../src/students/model-card.js';
import { shipStudent } from '../../src/students/ship.js';
import { similarity } from '../../src/students/similarity.js';
import { textNano } from '../../src/students/text-nano.js';
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

/** The module that the page asks the network for, from the sources. */
async function featurizers(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'packages/tutelage/src/students/featurizers.ts')],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    alias: { '@tutelage/engine': join(root, 'packages/engine/src/web.ts') },
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
}

describe.skipIf(!hasChromium)('example.html in a page (skipped without /usr/bin/chromium)', () => {
  let browser: Browser;
  let server: Server;
  let address: string;
  let bundle: string;

  beforeAll(async () => {
    bundle = await featurizers();
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
    rmSync(folder, { recursive: true, force: true });
  });

  /** The page as it was shipped; what it fetches from the network comes from the installed packages. */
  async function open(student: string) {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    await page.route('https://cdn.jsdelivr.net/**', (route) =>
      route.fulfill({
        path: join(
          root,
          'node_modules/onnxruntime-web/dist',
          basename(new URL(route.request().url()).pathname),
        ),
        headers: { 'Access-Control-Allow-Origin': '*' },
      }),
    );
    await page.route('https://esm.sh/**', (route) =>
      route.fulfill({
        body: bundle,
        contentType: 'text/javascript',
        headers: { 'Access-Control-Allow-Origin': '*' },
      }),
    );
    await page.goto(`${address}/${student}/example.html`);
    await page.waitForSelector('body[data-ready]', { state: 'attached' }).catch((error: unknown) => {
      throw new Error(`${problems.join('; ')}: ${String(error)}`);
    });
    return page;
  }

  test('text', async () => {
    const student = await textNano.create([], ['yes', 'no'], random.key(1));
    const trained = { params: student.net.params, statistics: {} };
    await shipStudent({ folder: join(folder, 'text'), input: 'text', student, trained, validation, facts });
    const loaded = await loadStudent(join(folder, 'text'));
    if (loaded.input !== 'text') throw new Error('not a student of texts');
    const [expected] = await loaded.predict(['where is my card']);
    await loaded.dispose();
    const page = await open('text');
    await page.fill('#input', 'where is my card');
    await page.press('#input', 'Tab');
    await page.waitForFunction("document.querySelector('#answer').value !== ''");
    const answer = await page.inputValue('#answer').catch(() => page.textContent('#answer'));
    expect(answer).toBe(`${expected!.label} ${Math.max(...expected!.probabilities).toFixed(3)}`);
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
