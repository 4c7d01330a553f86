import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { JsonValue } from './json.js';

const version = 1;

const schema = z.object({
  format: z.literal(version),
  step: z.number().int().nonnegative(),
  engine: z.string(),
  graph: z.string(),
  score: z.number().exactOptional(),
  weights: z.object({ bytes: z.number().int().nonnegative(), sha256: z.string() }),
  state: z.custom<JsonValue>((value) => value !== undefined),
});

/** What `state.json` says about the checkpoint it belongs to. */
export type Manifest = z.infer<typeof schema>;

/** The SHA-256 of bytes or text, in hexadecimal. */
export function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** The text of `state.json`, with a digest over all of it. */
export function encodeManifest(content: Omit<Manifest, 'format'>): string {
  const manifest = { format: version, ...content };
  return `${JSON.stringify({ digest: sha256(JSON.stringify(manifest)), ...manifest })}\n`;
}

/**
 * Reads `state.json`.
 *
 * @throws {Error} saying in a few words what is wrong with it.
 */
export function decodeManifest(text: string): Manifest {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Error('state.json is not valid JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || !('digest' in parsed)) {
    throw new Error('state.json has no digest');
  }
  const { digest, ...content } = parsed;
  // Parsing and printing JSON gives the same text again, so that the digest needs no separate copy of it.
  if (digest !== sha256(JSON.stringify(content))) throw new Error('state.json does not match its digest');
  const manifest = schema.safeParse(content);
  if (!manifest.success) throw new Error('state.json was written by another version of the format');
  return manifest.data;
}
