import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Handler } from 'hono';
import { getMimeType } from 'hono/utils/mime';
import { Problem } from '../problems/problem.js';
import { existingPath } from '../workspace/confined.js';
import { decodedPath } from './body.js';

/** Where the built pages are. */
export const pagesFolder = fileURLToPath(new URL('../web/', import.meta.url));

const fallback = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Tutelage</title><body><h1>Tutelage</h1><p>The studio's server is at work, but its pages are not built. Its interface is at
<a href="/api/papers">/api/papers</a>.</p></body></html>`;

/** Built files have a hash of their content in their names. */
const hashed = 'assets/';

/** Serves built pages; an address that is no file is one of the app's, and gets its first page. */
export function pages(folder: string): Handler {
  return (c) => {
    const path = decodedPath(c.req.path).slice(1);
    const file = path === '' ? undefined : fileAt(folder, path);
    if (file !== undefined) {
      return c.body(Readable.toWeb(createReadStream(file)) as ReadableStream, 200, {
        'content-type': getMimeType(file) ?? 'application/octet-stream',
        'cache-control': path.startsWith(hashed) ? 'public, max-age=31536000, immutable' : 'no-cache',
      });
    }
    if (path.startsWith(hashed)) throw new Problem(404, `no such file: ${path}`);
    const first = join(folder, 'index.html');
    return c.html(existsSync(first) ? readFileSync(first, 'utf8') : fallback, 200, {
      'cache-control': 'no-cache',
    });
  };
}

function fileAt(folder: string, path: string): string | undefined {
  if (!existsSync(join(folder, path))) return undefined;
  const file = existingPath(folder, path);
  return statSync(file).isFile() ? file : undefined;
}
