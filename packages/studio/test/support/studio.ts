import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hono } from 'hono';
import type { Feeds } from 'tutelage/papers';
import { afterAll } from 'vitest';
import { testFolder } from '../../../tutelage/test/tasks/folder.js';
import { studioApp } from '../../src/server/app.js';
import { openStudio, type Studio } from '../../src/server/studio.js';

export interface TestStudio {
  readonly studio: Studio;
  readonly app: Hono;
  readonly folder: string;
  /** Writes a file of the workspace. */
  write(name: string, content: string | Uint8Array): string;
  /** A request of the studio's own page. */
  ask(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

const origin = 'http://127.0.0.1:7878';

/** A workspace with its server, which nothing listens for: requests are given to it. */
export function testStudio(options: { token?: string; feeds?: Feeds; program?: string } = {}): TestStudio {
  const { path: folder, write } = testFolder();
  mkdirSync(join(folder, 'runs'));
  const web = join(folder, 'pages');
  mkdirSync(join(web, 'assets'), { recursive: true });
  writeFileSync(join(web, 'index.html'), '<!doctype html><title>pages</title>');
  writeFileSync(join(web, 'assets', 'app-1.js'), 'export {};');
  const { token, ...rest } = options;
  const studio = openStudio({ folder, localUrl: () => origin, ...rest });
  const app = studioApp(studio, { web, token });
  afterAll(() => studio.close());
  return {
    studio,
    app,
    folder,
    write,
    async ask(method, path, body, headers = {}) {
      const isRead = method === 'GET' || method === 'HEAD';
      const response = await app.request(`${origin}${path}`, {
        method,
        headers: {
          host: '127.0.0.1:7878',
          ...(isRead ? {} : { origin, 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && {
          body: body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body),
        }),
      });
      const text = await response.text();
      const isJson = /^application\/json(;|$)/.test(response.headers.get('content-type') ?? '');
      return {
        status: response.status,
        headers: response.headers,
        text,
        json: isJson ? JSON.parse(text) : undefined,
      };
    },
  };
}
