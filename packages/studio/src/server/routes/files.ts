import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';
import { Hono } from 'hono';
import { getMimeType } from 'hono/utils/mime';
import type { Files, ShownStudents, Uploads } from '../../api/index.js';
import { found } from '../../problems/problem.js';
import { listStudents, readStudent, studentFile } from '../../students/students.js';
import { keepUpload, listFiles, listUploads, maxUploadBytes, removeUpload } from '../../workspace/uploads.js';
import { decodedPath } from '../body.js';
import type { Studio } from '../studio.js';

const uploadsPath = '/api/uploads/';

/** Students and uploads. */
export function fileRoutes({ runs, workspace }: Studio): Hono {
  const routes = new Hono();
  routes.get('/students', async (c) => {
    const all: ShownStudents = { students: await listStudents(runs) };
    return c.json(all);
  });
  routes.get('/students/:id', async (c) =>
    c.json(found(await readStudent(runs, c.req.param('id')), 'student')),
  );
  routes.get('/students/:id/files/:name', (c) => {
    const name = c.req.param('name');
    const path = studentFile(workspace.root, c.req.param('id'), name);
    // What is shown in a page is what is known to be harmless there.
    const type = /\.(json|txt)$/.test(name) ? getMimeType(name)! : 'application/octet-stream';
    return c.body(Readable.toWeb(createReadStream(path)) as ReadableStream, 200, {
      'content-type': type,
      'content-length': String(statSync(path).size),
      ...(c.req.query('download') !== undefined && {
        'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
      }),
    });
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

async function* empty(): AsyncGenerator<Uint8Array> {}
