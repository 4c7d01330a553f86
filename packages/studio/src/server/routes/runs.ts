import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { Hono } from 'hono';
import { deleteRun, nodeFileSystem as fs, readMetrics } from 'tutelage/runs';
import {
  compareQuerySchema,
  metricsQuerySchema,
  runEventsQuerySchema,
  runQuerySchema,
  type ShownRun,
} from '../../api/index.js';
import { pauseRun, stopRun } from '../../jobs/run-control.js';
import { found, Problem } from '../../problems/problem.js';
import { compareRuns } from '../../runs/compare.js';
import { metricsPath, seriesOf } from '../../runs/metrics.js';
import { metricsSize } from '../../runs/runs.js';
import { existingPath } from '../../workspace/confined.js';
import { query } from '../body.js';
import { changes, events, type ServerEvent } from '../events.js';
import { reportPolicy } from '../guard.js';
import type { Studio } from '../studio.js';
import { fromQuery } from './jobs.js';

export function runRoutes({ runs, jobs, workspace, ending }: Studio): Hono {
  const routes = new Hono();
  routes.get('/runs', (c) => c.json(runs.page(query(c, runQuerySchema))));
  routes.get('/compare', (c) => {
    const { runs: ids, names, points } = query(c, compareQuerySchema);
    return c.json(compareRuns(runs, ids.split(','), { names, points }));
  });
  routes.get('/runs/:id', (c) => {
    const id = c.req.param('id');
    const job = jobs.latestOf(id)?.id;
    const run: ShownRun = { ...runs.run(id), ...(job !== undefined && { job }) };
    return c.json(run);
  });
  routes.get('/runs/:id/metrics', (c) =>
    c.json(runs.metrics(c.req.param('id'), query(c, metricsQuerySchema))),
  );
  routes.get('/runs/:id/events', (c) => {
    const id = c.req.param('id');
    const { part, names, points, from } = query(c, runEventsQuerySchema);
    const run = runs.path(id);
    const resumed = Number(c.req.header('last-event-id') ?? Number.NaN);
    let start = Number.isSafeInteger(resumed) ? resumed : from;
    const summary = changes('run', () => runs.summary(id));
    const metrics = (): ServerEvent[] => {
      const size = metricsSize(run, part);
      if (size < start) {
        start = 0;
        return [{ event: 'reset', data: {}, id: '0' }];
      }
      if (size === start) return [];
      const { rows, end } = readMetrics(fs, metricsPath(run, part), { start });
      if (end === start) return [];
      start = end;
      return [{ event: 'metrics', data: { series: seriesOf(rows, names, points), end }, id: String(end) }];
    };
    return events(c, ending, () => [...metrics(), ...summary()]);
  });
  routes.post('/runs/:id/pause', (c) => {
    pauseRun(runs.path(c.req.param('id')));
    return c.json(runs.summary(c.req.param('id')));
  });
  routes.post('/runs/:id/stop', (c) => {
    stopRun(runs.path(c.req.param('id')));
    return c.json(runs.summary(c.req.param('id')));
  });
  routes.post('/runs/:id/resume', (c) => {
    const run = c.req.param('id');
    if (runs.summary(run).state === 'running') throw new Problem(409, `the run is at work: ${run}`);
    return c.json(jobs.start({ kind: 'resume', run }), 201);
  });
  routes.get('/runs/:id/log', (c) => {
    runs.path(c.req.param('id'));
    const { id } = found(jobs.latestOf(c.req.param('id')), 'log: the run was not started here');
    return c.json(jobs.log(id, query(c, fromQuery).from));
  });
  routes.get('/runs/:id/report', (c) => {
    const path = existingPath(workspace.root, `runs/${c.req.param('id')}/report.html`);
    return c.body(Readable.toWeb(createReadStream(path)) as ReadableStream, 200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': reportPolicy,
    });
  });
  routes.delete('/runs/:id', (c) => {
    const id = c.req.param('id');
    runs.path(id);
    if (runs.summary(id).state === 'running') throw new Problem(409, `the run is at work: ${id}`);
    deleteRun(workspace.runs, id);
    return c.body(null, 204);
  });
  return routes;
}
