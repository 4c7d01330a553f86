import { createReadStream, statSync } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { type Context, Hono } from 'hono';
import { getMimeType } from 'hono/utils/mime';
import type { Files, ShownStudents, TaughtList, Uploads } from '../../api/index.js';
import { found, Problem } from '../../problems/problem.js';
import { isShown, showFile } from '../../students/shown-file.js';
import { listStudents, readStudent, studentFile } from '../../students/students.js';
import { listTaught, readTaught } from '../../students/taught.js';
import { existingPath } from '../../workspace/confined.js';
import { keepUpload, listFiles, listUploads, maxUploadBytes, removeUpload } from '../../workspace/uploads.js';
import { decodedPath } from '../body.js';
import { reportPolicy } from '../guard.js';
import type { Studio } from '../studio.js';

const uploadsPath = '/api/uploads/';

/** Students, what methods have written, and uploads. */
export function fileRoutes({ runs, workspace }: Studio): Hono {
  const places = { runs, workspace };
  const routes = new Hono();
  routes.get('/students', async (c) => {
    const all: ShownStudents = { students: await listStudents(places) };
    return c.json(all);
  });
  routes.get('/students/:id', async (c) =>
    c.json(found(await readStudent(places, c.req.param('id')), 'student')),
  );
  routes.get('/students/:id/files/:name', (c) => {
    const name = c.req.param('name');
    return fileAnswer(c, studentFile(places, c.req.param('id'), name), name);
  });
  routes.get('/taught', (c) => {
    const all: TaughtList = { taught: listTaught(workspace.taught) };
    return c.json(all);
  });
  routes.get('/taught/:id', (c) => c.json(readTaught(workspace.taught, c.req.param('id'))));
  routes.get('/taught/:id/files/*', (c) => {
    const path = restOf(c, `/api/taught/${c.req.param('id')}/files/`);
    return fileAnswer(c, existingPath(workspace.taught, `${c.req.param('id')}/${path}`), path);
  });
  routes.get('/taught/:id/shown/*', (c) => {
    const path = restOf(c, `/api/taught/${c.req.param('id')}/shown/`);
    if (!isShown(path)) throw new Problem(415, `not a file to be shown: ${path}`);
    return c.json(showFile(existingPath(workspace.taught, `${c.req.param('id')}/${path}`)));
  });
  routes.get('/files', (c) => {
    const all: Files = { files: listFiles(workspace.root) };
    return c.json(all);
  });
  routes.get('/uploads', (c) => {
    const all: Uploads = { uploads: listUploads(workspace.root), maxBytes: maxUploadBytes };
    return c.json(all);
  });
  routes.put('/uploads/*', async (c) => {
    const path = decodedPath(c.req.path.slice(uploadsPath.length));
    return c.json(await keepUpload(workspace.root, path, c.req.raw.body ?? empty()), 201);
  });
  routes.delete('/uploads/*', (c) => {
    removeUpload(workspace.root, decodedPath(c.req.path.slice(uploadsPath.length)));
    return c.body(null, 204);
  });
  return routes;
}

/** What stands in an address after a beginning. */
function restOf(c: Context, beginning: string): string {
  return decodedPath(c.req.path).slice(beginning.length);
}

/** A file's bytes. What is shown in a page is what is known to be harmless there; a picture stands in a sandbox. */
function fileAnswer(c: Context, path: string, name: string): Response {
  const type = /\.(json|txt|svg)$/.test(name) ? getMimeType(name)! : 'application/octet-stream';
  return c.body(Readable.toWeb(createReadStream(path)) as ReadableStream, 200, {
    'content-type': type,
    'content-length': String(statSync(path).size),
    'content-security-policy': reportPolicy,
    ...(c.req.query('download') !== undefined && {
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(basename(name))}`,
    }),
  });
}

async function* empty(): AsyncGenerator<Uint8Array> {}
