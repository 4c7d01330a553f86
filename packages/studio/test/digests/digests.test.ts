import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { digestSchema, type Sent, subscriptionSchema, subscriptionsSchema } from '../../src/api/index.js';
import { sendDue } from '../../src/digests/digests.js';
import { mailServer } from '../support/mail-server.js';
import { testStudio } from '../support/studio.js';

const server = mailServer();
const { ask, app, studio, folder } = testStudio();

const settings = () => ({
  host: '127.0.0.1',
  port: server.port,
  user: 'me',
  password: 'secret',
  from: 'studio@example.org',
  publicUrl: 'https://studio.example.org/',
});

beforeEach(async () => {
  server.received.length = 0;
  server.refuse = undefined;
  studio.db.run('DELETE FROM subscriptions');
  studio.db.run('DELETE FROM settings');
});

const subscribe = async (wanted: object) => {
  const answer = await ask('POST', '/api/subscriptions', {
    email: 'reader@example.org',
    frequency: 'daily',
    ...wanted,
  });
  expect(answer.status).toBe(201);
  return subscriptionSchema.parse(answer.json);
};
const send = async (id: number) => (await ask('POST', `/api/subscriptions/${id}/send`)).json as Sent;
/** The text of a mail with its folded lines joined. */
const plain = (text: string) => text.replaceAll('\r\n ', ' ').replaceAll('=\r\n', '').replaceAll('=3D', '=');

test('a digest comes by mail, with the headers that end it at one click, and nothing comes twice', async () => {
  await ask('PUT', '/api/mail', settings());
  const { id } = await subscribe({ family: 'curricula' });
  expect(await send(id)).toEqual({ outcome: 'sent', papers: 4 });
  const [mail] = server.received;
  expect(mail).toMatchObject({ from: 'studio@example.org', to: ['reader@example.org'], user: 'me' });
  const text = plain(mail!.text);
  expect(text).toMatch(/^Subject: 4 new papers in curricula, \d{4}-\d\d-\d\d\r$/m);
  expect(text).toMatch(/^List-Unsubscribe: +<https:\/\/studio\.example\.org\/unsubscribe\/[\w-]{32}>\r$/m);
  expect(text).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m);
  expect(text).toContain('Cyclical Curriculum Learning');
  expect(text).toContain('https://studio.example.org/papers/2202.05531');
  expect(await send(id)).toEqual({ outcome: 'nothing', papers: 0 });
  expect(server.received).toHaveLength(1);

  studio.papers.add(
    [{ title: 'A cyclical novelty', abstract: 'x', authors: [], links: [], published: '2025-12-09' }],
    new Date(),
  );
  expect(await send(id)).toEqual({ outcome: 'nothing', papers: 0 });
});

test('a digest by query has what has all its words, and of old papers the newest alone', async () => {
  await ask('PUT', '/api/mail', settings());
  const { id } = await subscribe({ query: 'teacher student' });
  const preview = digestSchema.parse((await ask('GET', `/api/subscriptions/${id}/preview`)).json);
  expect(preview.papers).toBe(10);
  expect(preview.text).toContain('On Teacher Hacking in Language Model Distillation');
  expect(await send(id)).toEqual({ outcome: 'sent', papers: 10 });
  const added = { abstract: 'A teacher and its students.', authors: [], links: [], published: '2025-12-09' };
  studio.papers.add([{ title: 'New <b>one</b>', ...added }], new Date());
  expect(await send(id)).toEqual({ outcome: 'sent', papers: 1 });
  expect(plain(server.received[1]!.text)).toContain('New &lt;b&gt;one&lt;/b&gt;');
});

test('one click ends a subscription; looking at the link does not', async () => {
  await ask('PUT', '/api/mail', settings());
  const { id } = await subscribe({});
  await send(id);
  const link = /<https:\/\/studio\.example\.org(\/unsubscribe\/[\w-]+)>/.exec(server.received[0]!.text)![1]!;
  expect((await ask('GET', link)).text).toContain('<form method="post">');
  const left = async () =>
    subscriptionsSchema.parse((await ask('GET', '/api/subscriptions')).json).subscriptions;
  expect(await left()).toHaveLength(1);
  // As a mail program sends it: from elsewhere, as a form.
  const response = await app.request(`http://127.0.0.1:7878${link}`, {
    method: 'POST',
    headers: {
      host: '127.0.0.1:7878',
      origin: 'https://mail.example',
      'sec-fetch-site': 'cross-site',
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'List-Unsubscribe=One-Click',
  });
  expect(response.status).toBe(200);
  expect(await left()).toEqual([]);
  expect((await ask('GET', link)).text).not.toContain('<form');
});

test('without a mail server digests are written to the outbox', async () => {
  const { id } = await subscribe({ family: 'dialogue' });
  expect(await send(id)).toEqual({ outcome: 'written', papers: 3 });
  const outbox = join(folder, '.studio', 'outbox');
  const [file] = readdirSync(outbox);
  expect(readFileSync(join(outbox, file!), 'utf8')).toMatch(/^To: reader@example.org\r$/m);
  expect(statSync(join(outbox, file!)).mode & 0o077).toBe(0);
});

test('what is due is sent: at once, then after a day or a week, and again an hour after trouble', async () => {
  await ask('PUT', '/api/mail', settings());
  await subscribe({ family: 'dialogue' });
  await subscribe({ email: 'weekly@example.org', family: 'learners', frequency: 'weekly' });
  let hours = 0;
  const parts = { ...studio.digests, now: () => new Date(Date.UTC(2026, 0, 1, hours)) };
  const novelty = (title: string) => {
    studio.papers.add([{ title, authors: [], links: [], published: '2026-01-01' }], new Date());
    studio.db.run("UPDATE papers SET family = 'dialogue' WHERE title = ?", title);
  };
  server.refuse = 'mailbox full';
  await sendDue(parts);
  const { subscriptions } = subscriptionsSchema.parse((await ask('GET', '/api/subscriptions')).json);
  expect(subscriptions.map(({ trouble }) => trouble)).toEqual([
    expect.stringContaining('mailbox full'),
    expect.stringContaining('mailbox full'),
  ]);
  server.refuse = undefined;
  await sendDue(parts);
  expect(server.received).toHaveLength(0);
  hours = 1;
  await sendDue(parts);
  expect(server.received.map(({ to }) => to[0])).toEqual(['reader@example.org', 'weekly@example.org']);
  novelty('A new dialogue');
  hours = 20;
  await sendDue(parts);
  expect(server.received).toHaveLength(2);
  hours = 26;
  await sendDue(parts);
  expect(server.received).toHaveLength(3);
  expect(plain(server.received[2]!.text)).toContain('A new dialogue');
  expect(
    subscriptionsSchema.parse((await ask('GET', '/api/subscriptions')).json).subscriptions[0]!.trouble,
  ).toBeUndefined();
});

test('the password is never sent back, stays when it is not given, and does not go to another server', async () => {
  await ask('PUT', '/api/mail', settings());
  const { password: _, ...without } = settings();
  const answers = [
    await ask('GET', '/api/mail'),
    await ask('PUT', '/api/mail', without),
    await ask('GET', '/api/status'),
  ];
  expect(answers.map(({ text }) => text).join()).not.toContain('secret');
  expect(answers[1]!.json).toMatchObject({ settings: { hasPassword: true, user: 'me' } });
  expect((await ask('POST', '/api/mail/test', { to: 'me@example.org' })).json).toEqual({
    outcome: 'sent',
    papers: 0,
  });
  expect((await ask('PUT', '/api/mail', { ...without, host: 'mail.evil.example' })).json).toMatchObject({
    settings: { hasPassword: false },
  });
  expect(statSync(join(folder, '.studio')).mode & 0o077).toBe(0);
});

test('a server that refuses is named, without a trace', async () => {
  await ask('PUT', '/api/mail', { ...settings(), password: 'wrong' });
  const { status, text } = await ask('POST', '/api/mail/test', { to: 'me@example.org' });
  expect(status).toBe(400);
  expect(text).toContain('the mail server does not take it');
  expect(text).not.toContain('    at ');
});

test.each([
  ['no address', { email: 'reader' }],
  ['two addresses', { email: 'a@b.org, c@d.org' }],
  ['a header', { email: 'a@b.org\r\nBcc: c@d.org' }],
  ['another frequency', { frequency: 'hourly' }],
  ['another family', { family: 'cooking' }],
])('a subscription with %s is refused', async (_, wanted) => {
  const answer = await ask('POST', '/api/subscriptions', { email: 'a@b.org', frequency: 'daily', ...wanted });
  expect(answer.status).toBe(400);
});
