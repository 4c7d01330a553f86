import { basename } from 'node:path';
import { type Context, Hono } from 'hono';
import { UserError } from 'tutelage';
import type { Problem as ProblemAnswer, StudioStatus } from '../api/index.js';
import { mailSettings } from '../digests/mail.js';
import { Problem, type ProblemStatus } from '../problems/problem.js';
import { checkContentType } from './body.js';
import { type GuardOptions, guard, securityHeaders } from './guard.js';
import { pages } from './pages.js';
import { digestRoutes, unsubscribeRoutes } from './routes/digests.js';
import { fileRoutes } from './routes/files.js';
import { jobRoutes } from './routes/jobs.js';
import { methodRoutes } from './routes/methods.js';
import { feedRoutes, paperRoutes } from './routes/papers.js';
import { runRoutes } from './routes/runs.js';
import type { Studio } from './studio.js';
import { version } from './version.js';

export interface AppOptions extends GuardOptions {
  /** Folder of the built pages. */
  readonly web: string;
}

/** The studio behind HTTP: the API, feeds, and the pages. What it serves is told in docs/studio.md. */
export function studioApp(studio: Studio, { web, ...guarded }: AppOptions): Hono {
  const app = new Hono();
  app.onError((error, c) => problemAnswer(c, error));
  app.use(securityHeaders);
  app.use(guard(guarded));
  app.use('/api/*', async (c, next) => {
    checkContentType(c);
    await next();
  });
  for (const routes of [paperRoutes, jobRoutes, runRoutes, methodRoutes, fileRoutes, digestRoutes]) {
    app.route('/api', routes(studio));
  }
  app.get('/api/status', (c) => c.json(statusOf(studio)));
  app.all('/api/*', (c) => {
    throw new Problem(404, `no such route: ${c.req.method} ${c.req.path}`);
  });
  app.route('/feeds', feedRoutes(studio));
  app.route('/unsubscribe', unsubscribeRoutes(studio));
  app.get('*', pages(web));
  return app;
}

function statusOf({ workspace, db, runs, jobs }: Studio): StudioStatus {
  return {
    version,
    workspace: basename(workspace.root),
    papers: Number(db.get('SELECT count(*) AS n FROM papers')!.n),
    runs: runs.count,
    jobsRunning: jobs.list().filter(({ state }) => state === 'running' || state === 'starting').length,
    mail: mailSettings(db) !== undefined,
  };
}

function problemAnswer(c: Context, error: Error): Response {
  if (!(error instanceof UserError)) {
    process.stderr.write(`internal: ${error.stack ?? error.message}\n`);
    return answer(c, 500, { error: { message: 'internal error' } });
  }
  const { message, detail, hint } = error;
  const status = error instanceof Problem ? error.status : 400;
  return answer(c, status, {
    error: { message, ...(detail !== undefined && { detail }), ...(hint !== undefined && { hint }) },
  });
}

function answer(c: Context, status: ProblemStatus | 500, problem: ProblemAnswer): Response {
  return c.json(problem, status);
}
