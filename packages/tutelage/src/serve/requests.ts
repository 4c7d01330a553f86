import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { z } from 'zod';
import { UserError } from '../core/errors.js';
import { Refused } from './batcher.js';

/** What can go wrong with a request: a status and a message. */
export class Problem extends Error {
  constructor(
    readonly status: ContentfulStatusCode,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The body of a request, checked.
 *
 * @throws {Problem} when it is not JSON, or does not fit
 */
export async function body<T>(c: Context, schema: z.ZodType<T>): Promise<T> {
  const type = c.req.header('content-type') ?? '';
  // Other types a browser would send from any page without asking first.
  if (!/^application\/json\b/i.test(type)) throw new Problem(415, 'content-type must be application/json');
  let content: unknown;
  try {
    content = JSON.parse(await c.req.text());
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(400, 'the body is not valid JSON');
  }
  const checked = schema.safeParse(content);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw new Problem(400, `${issue?.path.join('.') || 'body'}: ${issue?.message}`);
}

/** @throws {Problem} when a request has more inputs than may ever wait */
export function checkCount(inputs: readonly unknown[], most: number): void {
  if (inputs.length > most) throw new Problem(413, `too many inputs: at most ${most}`);
}

export function problemResponse(c: Context, error: Error): Response {
  const answer = (status: ContentfulStatusCode, message: string): Response =>
    c.json({ error: { message } }, status);
  if (error instanceof Problem) return answer(error.status, error.message);
  if (error instanceof UserError) return answer(400, error.message);
  if (!(error instanceof Refused)) return answer(500, 'internal error');
  c.header('Retry-After', '1');
  return answer(error.reason === 'full' ? 429 : 503, error.message);
}
