import type { Problem, Uploaded } from '@tutelage/studio/api';

/** A request that failed, in words for the reader. */
export interface Trouble {
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
}

class RequestError extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble.message);
  }
}

/** What went wrong, whatever was thrown. */
export function troubleOf(error: unknown): Trouble {
  if (error instanceof RequestError) return error.trouble;
  return { message: error instanceof Error ? error.message : String(error) };
}

/** Reads an answer of the API. */
export function get<T>(path: string): Promise<T> {
  return ask<T>(path, {});
}

/** Sends what changes something. An answer without content is undefined. */
export function send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
  return ask<T>(path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/**
 * Keeps a file in the workspace.
 *
 * @param path `NAME`, or `FOLDER/LABEL/NAME`
 * @returns its path in the workspace
 */
export async function upload(path: string, file: Blob): Promise<string> {
  const address = path.split('/').map(encodeURIComponent).join('/');
  const headers = { 'content-type': 'application/octet-stream' };
  const kept = await ask<Uploaded>(`/api/uploads/${address}`, { method: 'PUT', headers, body: file });
  return kept.path;
}

async function ask<T>(path: string, request: RequestInit): Promise<T> {
  const response = await fetch(path, request).catch(() => {
    throw new RequestError({ message: 'the studio does not answer', hint: 'is it still running?' });
  });
  const text = await response.text();
  if (response.ok) return (text === '' ? undefined : JSON.parse(text)) as T;
  throw new RequestError(problemIn(text) ?? { message: `the studio answered ${response.status}` });
}

function problemIn(text: string): Trouble | undefined {
  try {
    return (JSON.parse(text) as Problem).error;
  } catch {
    return undefined;
  }
}
