import { Hono } from 'hono';
import { claimId } from 'tutelage/claims';
import type { DistillForm, ShownMethods } from '../../api/index.js';
import { distillForm } from '../../jobs/words.js';
import { claimOf, formOf, listMethods, methodFile, shownMethod } from '../../methods/methods.js';
import { found } from '../../problems/problem.js';
import type { Studio } from '../studio.js';

export function methodRoutes({ reproductions }: Studio): Hono {
  const routes = new Hono();
  routes.get('/methods', async (c) => {
    const all: ShownMethods = { methods: await listMethods(reproductions) };
    return c.json(all);
  });
  routes.get('/methods/:id', async (c) =>
    c.json(shownMethod(await methodFile(c.req.param('id')), reproductions)),
  );
  routes.get('/claims/:id/plot.svg', async (c) => {
    const plot = found(reproductions.plot(claimId(await claimOf(c.req.param('id')))), 'plot');
    return c.body(plot, 200, { 'content-type': 'image/svg+xml' });
  });
  routes.get('/distill', async (c) => {
    // They bring the engine with them: loaded when they are asked for.
    const { presetSummaries } = await import('tutelage/students');
    const students = presetSummaries().map(({ id, description }) => ({ id, description }));
    const form: DistillForm = { parameters: formOf(distillForm), students };
    return c.json(form);
  });
  return routes;
}
