import { Hono } from 'hono';
import { z } from 'zod';
import {
  type Digest,
  mailSettingsSchema,
  newSubscriptionSchema,
  type Sent,
  type Subscriptions,
} from '../../api/index.js';
import { composeDigest, sendDigest } from '../../digests/digests.js';
import { sendMail, setMail, shownMail } from '../../digests/mail.js';
import {
  isToken,
  shownSubscription,
  subscribe,
  subscriptionRow,
  subscriptionRows,
  unsubscribe,
  unsubscribeByToken,
} from '../../digests/subscriptions.js';
import { found, Problem } from '../../problems/problem.js';
import { body, numberIn } from '../body.js';
import type { Studio } from '../studio.js';

const testSchema = z.object({ to: z.email() });

export function digestRoutes({ db, digests, now, workspace }: Studio): Hono {
  const routes = new Hono();
  routes.get('/subscriptions', (c) => {
    const all: Subscriptions = { subscriptions: subscriptionRows(db).map(shownSubscription) };
    return c.json(all);
  });
  routes.post('/subscriptions', async (c) =>
    c.json(subscribe(db, await body(c, newSubscriptionSchema), now()), 201),
  );
  routes.delete('/subscriptions/:id', (c) => {
    if (!unsubscribe(db, numberIn(c, 'id'))) throw new Problem(404, 'no such subscription');
    return c.body(null, 204);
  });
  routes.get('/subscriptions/:id/preview', (c) => {
    const row = found(subscriptionRow(db, numberIn(c, 'id')), 'subscription');
    const { ids: _, ...preview } = composeDigest(digests, row);
    const shown: Digest = preview;
    return c.json(shown);
  });
  routes.post('/subscriptions/:id/send', async (c) => {
    return c.json(await sendDigest(digests, found(subscriptionRow(db, numberIn(c, 'id')), 'subscription')));
  });
  routes.get('/mail', (c) => c.json(shownMail(db)));
  routes.put('/mail', async (c) => {
    setMail(db, await body(c, mailSettingsSchema));
    return c.json(shownMail(db));
  });
  routes.post('/mail/test', async (c) => {
    const { to } = await body(c, testSchema);
    const mail = { to, subject: 'Tutelage can send mail', text: 'Digests will come like this.\n' };
    const sent: Sent = { outcome: await sendMail(db, workspace.outbox, mail), papers: 0 };
    return c.json(sent);
  });
  return routes;
}

/** Pages by which readers end their subscription. */
export function unsubscribeRoutes({ db }: Studio): Hono {
  const routes = new Hono();
  routes.get('/:token', (c) => {
    // Programs that look at links in mails must not end anything.
    if (!isToken(db, c.req.param('token'))) return c.html(page('There is no such subscription any more.'));
    return c.html(page('<form method="post"><button>Unsubscribe</button></form>'));
  });
  routes.post('/:token', (c) => {
    unsubscribeByToken(db, c.req.param('token'));
    return c.html(page('You are unsubscribed.'));
  });
  return routes;
}

function page(content: string): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Unsubscribe</title><body>${content}</body></html>`;
}
