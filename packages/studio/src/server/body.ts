import type { Context } from 'hono';
import { z } from 'zod';
import { Problem } from '../problems/problem.js';

/** Bytes of a JSON body: a listing page with room to spare. */
export const maxBodyBytes = 6_000_000;

/** The checked JSON body of a request. */
export async function body<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  let content: unknown;
  try {
    content = JSON.parse(await bodyText(c));
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(400, 'the body is not valid JSON');
  }
  return checked(schema, content);
}

/** The checked query of a request. */
export function query<T>(c: Context, schema: z.ZodType<T>): T {
  return checked(schema, c.req.query());
}

export function checked<T>(schema: z.ZodType<T>, content: unknown): T {
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  throw new Problem(400, z.prettifyError(result.error));
}

async function bodyText(c: Context): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const part of c.req.raw.body ?? []) {
    bytes += part.length;
    if (bytes > maxBodyBytes) throw new Problem(413, `body too large: at most ${maxBodyBytes} bytes`);
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

/** The type that a request which changes something must have: none that a page of another site may send unasked. */
export function checkContentType(c: Context): void {
  const { method, path } = c.req;
  if (method === 'GET' || method === 'HEAD') return;
  const wanted =
    method === 'PUT' && path.startsWith('/api/uploads/') ? 'application/octet-stream' : 'application/json';
  const given = (c.req.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
  if (given !== wanted) throw new Problem(415, `content-type must be ${wanted}`);
}

/** A whole number in an address. */
export function numberIn(c: Context, name: string): number {
  return checked(z.coerce.number().int().min(0), c.req.param(name));
}

/** A path of an address as it was meant. */
export function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new Problem(400, `not an address: ${path}`);
  }
}
