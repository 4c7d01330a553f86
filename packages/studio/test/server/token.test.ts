import { expect, test } from 'vitest';
import { testStudio } from '../support/studio.js';

const token = 'a-token-of-the-test';
const { ask } = testStudio({ token });
const elsewhere = { host: 'studio.example:7878', origin: 'http://studio.example:7878' };

test('without the token nothing is answered but a page to unsubscribe', async () => {
  for (const path of [
    '/',
    '/api/status',
    '/api/papers',
    '/feeds/papers.atom',
    '/assets/app-1.js',
    '/anything',
  ]) {
    expect((await ask('GET', path)).status).toBe(401);
  }
  expect(
    (await ask('POST', '/api/jobs', { kind: 'reproduce', claim: 'cyclical-curriculum', quick: true })).status,
  ).toBe(401);
  expect((await ask('GET', '/unsubscribe/x')).status).toBe(200);
});

test('the address with the token leaves a cookie, and is not shown any more', async () => {
  const { status, headers } = await ask('GET', `/?token=${token}`, undefined, elsewhere);
  expect(status).toBe(302);
  expect(headers.get('location')).toBe('/');
  const cookie = headers.get('set-cookie')!;
  expect(cookie).toMatch(/HttpOnly/);
  expect(cookie).toMatch(/SameSite=Strict/);
  const [pair] = cookie.split(';');
  expect((await ask('GET', '/api/status', undefined, { ...elsewhere, cookie: pair! })).status).toBe(200);
  expect((await ask('GET', '/', undefined, { ...elsewhere, cookie: `${pair}x` })).status).toBe(401);
  expect((await ask('GET', '/?token=wrong', undefined, elsewhere)).status).toBe(401);
});

test('programs send it in a header; feed readers in the address, for feeds alone', async () => {
  expect((await ask('GET', '/api/status', undefined, { authorization: `Bearer ${token}` })).status).toBe(200);
  expect(
    (await ask('GET', '/api/status', undefined, { authorization: `Bearer ${token.slice(1)}` })).status,
  ).toBe(401);
  expect((await ask('GET', `/feeds/papers.atom?token=${token}`)).status).toBe(200);
  expect((await ask('GET', `/api/papers?token=${token}`)).status).toBe(401);
});

test('with the cookie, another site can do nothing all the same', async () => {
  const headers = { host: elsewhere.host, origin: 'https://evil.example', cookie: `tutelage=${token}` };
  expect((await ask('POST', '/api/papers/import', { source: 'catalogue' }, headers)).status).toBe(403);
  expect(
    (await ask('POST', '/api/papers/import', { source: 'catalogue' }, { ...headers, ...elsewhere })).status,
  ).toBe(200);
});
