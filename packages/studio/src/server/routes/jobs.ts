import { Hono } from 'hono';
import { z } from 'zod';
import { type Jobs, newJobSchema } from '../../api/index.js';
import { claimOf, methodFile, trialsOf } from '../../methods/methods.js';
import { body, checked, query } from '../body.js';
import { changes, events } from '../events.js';
import type { Studio } from '../studio.js';

export const fromQuery = z.object({ from: z.coerce.number().int().min(0).default(0) });

export function jobRoutes({ jobs, ending }: Studio): Hono {
  const routes = new Hono();
  routes.get('/jobs', (c) => {
    const all: Jobs = { jobs: jobs.list() };
    return c.json(all);
  });
  routes.post('/jobs', async (c) => {
    const wanted = await body(c, newJobSchema);
    if (wanted.kind === 'reproduce') {
      const trials = trialsOf(await claimOf(wanted.claim));
      return c.json(jobs.start(wanted, wanted.quick ? undefined : trials), 201);
    }
    if (wanted.kind === 'teach')
      checked((await methodFile(wanted.method)).method.params.strict(), wanted.parameters);
    return c.json(jobs.start(wanted), 201);
  });
  routes.get('/jobs/:id', (c) => c.json(jobs.job(c.req.param('id'))));
  routes.get('/jobs/:id/log', (c) => c.json(jobs.log(c.req.param('id'), query(c, fromQuery).from)));
  routes.get('/jobs/:id/events', (c) => {
    const id = c.req.param('id');
    let { from } = query(c, fromQuery);
    const resumed = Number(c.req.header('last-event-id') ?? Number.NaN);
    if (Number.isSafeInteger(resumed)) from = resumed;
    jobs.job(id);
    const job = changes('job', () => jobs.job(id));
    return events(c, ending, () => {
      const log = jobs.log(id, from);
      from = log.end;
      return [...(log.text === '' ? [] : [{ event: 'log', data: log, id: String(log.end) }]), ...job()];
    });
  });
  routes.post('/jobs/:id/pause', (c) => c.json(jobs.pause(c.req.param('id'))));
  routes.post('/jobs/:id/stop', (c) => c.json(jobs.stop(c.req.param('id'))));
  routes.post('/jobs/:id/resume', (c) => c.json(jobs.resume(c.req.param('id')), 201));
  routes.delete('/jobs/:id', (c) => {
    jobs.remove(c.req.param('id'));
    return c.body(null, 204);
  });
  return routes;
}
