import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { uniform } from '../../../src/language/endpoint/hash.js';
import type { RowLabel } from '../../../src/language/endpoint/labelling.js';
import { audit } from './audit.js';
import { type FakeServer, startFakeServer } from './fake-server.js';

const COUNT = 60;
const CAP = 0.05;
const KILLS = 3;

const script = join(mkdtempSync(join(tmpdir(), 'kill-')), 'child.mjs');
let server: FakeServer | undefined;

beforeAll(async () => {
  await build({
    entryPoints: [new URL('./kill-child.ts', import.meta.url).pathname],
    outfile: script,
    bundle: true,
    platform: 'node',
    format: 'esm',
    // Bundled CommonJS dependencies still call it.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
});

afterEach(() => server?.close());

/** Starts the child; it reports only by what it does to the server and the journal. */
function run(directory: string): ChildProcess {
  const args = [script, server!.url, directory, String(CAP), String(COUNT)];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

test.each([1, 2])('kill -9 at any moment keeps every promise (seed %i)', async (seed) => {
  let onCall = () => {};
  server = await startFakeServer({
    answer: (prompt) =>
      JSON.stringify({ label: Number(/text (\d+)/.exec(prompt)?.[1]) % 2 ? 'odd' : 'even' }),
    fault: (id, nth) => {
      onCall();
      return uniform('kill', seed, id, nth) < 0.2 ? '503' : 'ok';
    },
    latency: 5,
  });
  const directory = mkdtempSync(join(tmpdir(), 'kill-'));
  for (let kill = 0; kill < KILLS; kill++) {
    // At a random call, and at a random moment of it: before, within or after the server's 5 ms.
    let remaining = 1 + Math.floor(uniform('call', seed, kill) * 12);
    const child = run(directory);
    onCall = () => {
      remaining -= 1;
      if (remaining === 0) setTimeout(() => child.kill('SIGKILL'), uniform('moment', seed, kill) * 8);
    };
    const [, signal] = await once(child, 'exit');
    expect(signal).toBe('SIGKILL');
  }
  onCall = () => {};
  const finish = async (): Promise<RowLabel[]> => {
    const child = run(directory);
    const output = await text(child.stdout!);
    return JSON.parse(output);
  };
  const rows = await finish();
  expect(rows).toHaveLength(COUNT);
  for (const [index, row] of rows.entries()) {
    if (row.kind === 'labelled') expect(row.distribution).toEqual(index % 2 ? [0, 1] : [1, 0]);
    else expect(row.reason).toContain('the process ended before the answer came');
  }
  // The calls in flight at each kill, at most 8, are all that can be lost.
  const { spent, ends } = audit(directory, server);
  expect(ends.unknown).toBeLessThanOrEqual(8 * KILLS);
  expect(rows.filter((row) => row.kind === 'labelled').length).toBeGreaterThanOrEqual(COUNT - 4 * KILLS);
  expect(spent).toBeGreaterThanOrEqual(server.billed());
  expect(spent).toBeLessThanOrEqual(CAP * 1e9);

  const calls = server.calls.length;
  expect(await finish()).toEqual(rows);
  expect(server.calls).toHaveLength(calls);
});
