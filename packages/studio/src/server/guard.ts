import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { getCookie, setCookie } from 'hono/cookie';
import { Problem } from '../problems/problem.js';

export interface GuardOptions {
  /** Asked of everyone. Without one, the server is known by the names of the loopback alone. */
  readonly token: string | undefined;
}

/** Routes that bring a secret of their own in their path, and are called by programs of others. */
const openRoutes = /^\/unsubscribe\/[\w-]+$/;
const cookie = 'tutelage';

/** The header `content-security-policy` of everything but reports. */
const policy = [
  "default-src 'none'",
  // ONNX Runtime compiles WebAssembly in the page.
  "script-src 'self' 'wasm-unsafe-eval'",
  // Plots carry their style with them.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "frame-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** That of a page that a run has made: it may show itself, and nothing else. */
export const reportPolicy =
  "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/** Headers of every answer. A route that has set its own policy keeps it. */
export const securityHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  const headers = {
    'content-security-policy': policy,
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  };
  for (const [name, value] of Object.entries(headers)) if (!c.res.headers.has(name)) c.header(name, value);
};

/**
 * Lets in who may: requests of the studio's own pages, with the token, or to a name of the loopback where there is none.
 */
export function guard({ token }: GuardOptions): MiddlewareHandler {
  return async (c, next) => {
    const { pathname } = new URL(c.req.url);
    if (token === undefined) checkHost(c);
    if (openRoutes.test(pathname)) return next();
    checkOrigin(c, pathname);
    if (token !== undefined) {
      const entry = tokenInAddress(c, pathname);
      if (entry !== undefined && pathname === '/') {
        if (!isEqual(entry, token))
          throw new Problem(401, 'this is not the token', 'see what the studio printed when it started');
        setCookie(c, cookie, token, { httpOnly: true, sameSite: 'Strict', path: '/' });
        return c.redirect('/');
      }
      const given = entry ?? bearer(c) ?? getCookie(c, cookie);
      if (given === undefined || !isEqual(given, token)) {
        throw new Problem(
          401,
          'the token is missing or wrong',
          'open the address that the studio printed when it started',
        );
      }
    }
    return next();
  };
}

const localNames = new Set(['localhost', '127.0.0.1', '[::1]']);

/** A name that an attacker makes to mean this machine is not among its own. */
function checkHost(c: Context): void {
  const host = c.req.header('host') ?? '';
  const name = /^(\[[\d:a-f]+\]|[^:]+)(?::\d+)?$/i.exec(host)?.[1]?.toLowerCase();
  if (name === undefined || !localNames.has(name))
    throw new Problem(403, `not a name of this machine: ${host}`);
}

/**
 * A page of another site can make a browser send requests, but can't hide where they come from. Pages may be opened from anywhere.
 */
function checkOrigin(c: Context, pathname: string): void {
  const isRead = c.req.method === 'GET' || c.req.method === 'HEAD';
  const site = c.req.header('sec-fetch-site');
  const isOwnSite = site === undefined || site === 'same-origin' || site === 'none';
  if (!isOwnSite && (!isRead || pathname.startsWith('/api/')))
    throw new Problem(403, `a request of another site: ${site}`);
  const origin = c.req.header('origin');
  if (origin === undefined) return;
  const host = URL.canParse(origin) ? new URL(origin).host : undefined;
  if (host === undefined || host !== c.req.header('host'))
    throw new Problem(403, `a request of another site: ${origin}`);
}

/** A browser is let in by the address of the first page; feed readers know nothing but addresses. */
function tokenInAddress(c: Context, pathname: string): string | undefined {
  return pathname === '/' || pathname.startsWith('/feeds/') ? c.req.query('token') : undefined;
}

function bearer(c: Context): string | undefined {
  return /^Bearer (\S+)$/.exec(c.req.header('authorization') ?? '')?.[1];
}

/** In a time that does not tell how much of it is right. */
function isEqual(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
