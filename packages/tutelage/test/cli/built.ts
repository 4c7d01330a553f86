import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

const root = new URL('../../../../', import.meta.url).pathname;
export const bin = join(root, 'packages/tutelage/bin/tutelage.js');

/** Brings what is built up to date. What does not compile elsewhere in a package is not for these tests to tell. */
export function buildPackages(): void {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  spawnSync(process.execPath, [compiler, '--build', join(root, 'packages/tutelage')]);
}

/** A folder for the tests of a file, in which the packages of the repository resolve; the command line is built first. */
export function workFolder(): { readonly path: string } {
  const folder = { path: '' };
  beforeAll(() => {
    buildPackages();
    folder.path = mkdtempSync(join(tmpdir(), 'tutelage-cli-'));
    symlinkSync(join(root, 'node_modules'), join(folder.path, 'node_modules'));
    mkdirSync(join(folder.path, 'runs'));
  });
  afterAll(() => rmSync(folder.path, { recursive: true, force: true }));
  return folder;
}

export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Resolves when stdout and stderr together match. */
  readonly says: (pattern: RegExp) => Promise<void>;
  readonly ended: Promise<Ending>;
}

/** Starts a program of Node; `input` becomes its stdin. */
export function startNode(
  words: readonly string[],
  cwd: string,
  input = '',
  environment: Readonly<Record<string, string>> = {},
): Started {
  const child = spawn(process.execPath, words, {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...environment },
  });
  let [stdout, stderr] = ['', ''];
  let waiting: { readonly pattern: RegExp; readonly resolve: () => void }[] = [];
  const heard = (): void => {
    waiting = waiting.filter(({ pattern, resolve }) => {
      if (!pattern.test(stdout + stderr)) return true;
      resolve();
      return false;
    });
  };
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    heard();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
    heard();
  });
  child.stdin.end(input);
  return {
    kill: (signal) => void child.kill(signal),
    says: (pattern) =>
      new Promise((resolve) => {
        waiting.push({ pattern, resolve });
        heard();
      }),
    ended: new Promise((resolve) =>
      child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
    ),
  };
}

/** Runs a command line to its end. */
export function tutelage(
  words: readonly string[],
  cwd: string,
  input = '',
  environment: Readonly<Record<string, string>> = {},
): Promise<Ending> {
  return startNode([bin, ...words], cwd, input, environment).ended;
}

const topics = {
  account: ['password', 'login', 'email', 'profile', 'username'],
  billing: ['invoice', 'refund', 'charge', 'payment', 'card'],
  shipping: ['parcel', 'courier', 'delivery', 'tracking', 'address'],
} as const;
const filler = ['please', 'help', 'today', 'my', 'the', 'again', 'still', 'what'];

/** Rows of texts with one of three labels, easy to learn. */
export function tickets(count: number): { readonly text: string; readonly label: string }[] {
  const labels = Object.keys(topics) as (keyof typeof topics)[];
  return Array.from({ length: count }, (_, i) => {
    const label = labels[i % labels.length]!;
    const words = topics[label];
    const text = [
      filler[(i * 7) % filler.length],
      words[(i * 3) % words.length],
      filler[(i * 5) % filler.length],
      words[Math.floor(i / 3) % words.length],
      String(i),
    ];
    return { text: text.join(' '), label };
  });
}

export function writeTickets(path: string, count: number): void {
  const rows = tickets(count).map(({ text, label }) => `${text},${label}\n`);
  writeFileSync(path, `text,label\n${rows.join('')}`);
}

/** Runs made below a root. */
export function runsIn(root: string): string[] {
  return readdirSync(root)
    .filter((name) => existsSync(join(root, name, 'config.json')))
    .map((name) => join(root, name));
}

/** SHA-256 of the files of a folder by name. */
export function hashes(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [
        name,
        createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex'),
      ]),
  );
}
