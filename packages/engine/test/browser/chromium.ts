import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const executablePath = '/usr/bin/chromium';

/** Debian's Chromium, which `.ci/run` installs. */
export const hasChromium = existsSync(executablePath);

export function openChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

const runtimeFolder = new URL('../../../../node_modules/onnxruntime-web/dist/', import.meta.url);
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** A page with a script, the runtime's files under `/runtime/`, and the same page isolated from other origins under `/isolated`. */
export async function servePage(script: string): Promise<{ url: string; close(): void }> {
  const isolated = new Set(['/isolated', '/page.js']);
  const answer = async (path: string): Promise<readonly [type: string, body: string | Uint8Array]> => {
    if (path === '/' || path === '/isolated')
      return [
        'text/html',
        '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
      ];
    if (path === '/page.js') return ['text/javascript', script];
    const type = path.endsWith('.wasm') ? 'application/wasm' : 'text/javascript';
    return [type, await readFile(new URL(basename(path), runtimeFolder))];
  };
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    answer(path).then(
      ([type, body]) => {
        const own = isolated.has(path) || path.startsWith('/runtime/') ? isolation : {};
        response.writeHead(200, { 'Content-Type': type, ...own }).end(body);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
