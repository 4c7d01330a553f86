import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UserError } from '../core/errors.js';
import { writeError } from './lines.js';

/** A file on the web whose content is known. */
export interface RemoteFile {
  readonly url: string;
  readonly bytes: number;
  readonly sha256: string;
  /** A part that is not kept, up to the next place where `to` stands; size and checksum are of the rest. */
  readonly without?: { readonly from: string; readonly to: string };
}

/** A file on the web, with what is known of its content beforehand. */
export type Expected = Pick<RemoteFile, 'url'> & Partial<RemoteFile>;

/** Whether a file is there with the right content. */
export async function isIntact(path: string, { bytes, sha256 }: RemoteFile): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found?.size !== bytes) return false;
  const digest = createHash('sha256');
  for await (const chunk of createReadStream(path)) digest.update(chunk as Buffer);
  return digest.digest('hex') === sha256;
}

/**
 * Downloads a file, checks it, and only then gives it its name, so that a file with that name is always whole.
 *
 * @returns what came: size and checksum, for files of which they were not known
 * @throws UserError if the server can't be reached or refuses, or the content is not the expected one, or
 *   can't be written
 */
export async function download(remote: Expected, path: string): Promise<RemoteFile> {
  const part = `${path}.${randomUUID()}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const found =
      remote.without === undefined ? await receive(remote, part) : await receiveRest(remote, part);
    await rename(part, path);
    return found;
  } catch (cause) {
    throw cause instanceof UserError ? cause : writeError(path, cause);
  } finally {
    await rm(part, { force: true }).catch(() => undefined);
  }
}

function failure(url: string, why: string, cause?: unknown): UserError {
  return new UserError(`download failed: ${url}`, {
    detail: why,
    hint: 'try again, or download the file by other means and give its folder',
    cause,
  });
}

/** Receives a file of which a part is not kept. */
async function receiveRest({ url, bytes, sha256, without }: Expected, path: string): Promise<RemoteFile> {
  await receive({ url }, path);
  const whole = await readFile(path);
  const start = whole.indexOf(without!.from);
  const end = start < 0 ? -1 : whole.indexOf(without!.to, start);
  const rest = end < 0 ? whole : Buffer.concat([whole.subarray(0, start), whole.subarray(end)]);
  const checksum = createHash('sha256').update(rest).digest('hex');
  if (rest.length !== bytes || checksum !== sha256) {
    throw failure(url, 'the checksum is wrong: the content has changed or is damaged');
  }
  await writeFile(path, rest, { flush: true });
  return { url, bytes: rest.length, sha256: checksum };
}

async function receive({ url, bytes, sha256 }: Expected, path: string): Promise<RemoteFile> {
  const fail = (why: string, cause?: unknown): UserError => failure(url, why, cause);
  const digest = createHash('sha256');
  let received = 0;
  const file = await open(path, 'wx');
  try {
    const response = await fetch(url).catch((cause: unknown) => {
      throw fail(reasonOf(cause), cause);
    });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw fail(`the server answered ${response.status} ${response.statusText}`);
    }
    for await (const chunk of chunks(response.body, fail)) {
      received += chunk.length;
      if (bytes !== undefined && received > bytes) throw fail(`more than the expected ${bytes} bytes came`);
      digest.update(chunk);
      await file.write(chunk);
    }
    if (bytes !== undefined && received !== bytes) throw fail(`${received} of ${bytes} bytes came`);
    const checksum = digest.digest('hex');
    if (sha256 !== undefined && checksum !== sha256)
      throw fail('the checksum is wrong: the content has changed or is damaged');
    await file.sync();
    return { url, bytes: received, sha256: checksum };
  } finally {
    await file.close();
  }
}

async function* chunks(
  body: ReadableStream<Uint8Array>,
  fail: (why: string, cause: unknown) => UserError,
): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw fail(`the connection broke: ${reasonOf(cause)}`, cause);
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error && cause.cause.message !== '' ? cause.cause.message : cause.message;
}
