import { createReadStream, existsSync, statSync } from 'node:fs';
import { extname } from 'node:path';
import { Readable } from 'node:stream';
import type { Handler } from 'hono';
import { getMimeType } from 'hono/utils/mime';
import { Problem } from '../problems/problem.js';
import { existingPath } from '../workspace/confined.js';

/** Where the built pages are. */
export const pagesFolder = new URL('../web/', import.meta.url).pathname;

const fallback = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Tutelage</title><body><h1>Tutelage</h1><p>The studio's server is at work, but its pages are not built. Its interface is at
<a href="/api/papers">/api/papers</a>.</p></body></html>`;

/** Serves built pages; an address that is no file is one of the app's, and gets its first page. */
export function pages(folder: string): Handler {
  return (c) => {
    const path = decoded(c.req.path).slice(1);
    const file = path === '' || extname(path) === '' ? undefined : existingPath(folder, path);
    if (file !== undefined && statSync(file).isFile()) {
      return c.body(Readable.toWeb(createReadStream(file)) as ReadableStream, 200, {
        'content-type': getMimeType(file) ?? 'application/octet-stream',
        // Built files but the first page have a hash of their content in their names.
        'cache-control': path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      });
    }
    if (!existsSync(`${folder}/index.html`)) return c.html(fallback);
    return c.body(Readable.toWeb(createReadStream(`${folder}/index.html`)) as ReadableStream, 200, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
    });
  };
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Problem(400, `not an address: ${path}`);
  }
}
