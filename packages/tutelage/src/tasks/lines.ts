import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { UserError } from '../core/errors.js';

/** A line of a text file, without its line end. */
export interface Line {
  /** 1 for the first line of the file. */
  readonly number: number;
  readonly text: string;
  /** Why the line can't be read; `text` is then only what could be decoded. */
  readonly problem?: string;
}

const CHUNK_BYTES = 1 << 18;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** What bytes that are not UTF-8 are taken for: a fault of their line, or Latin-1, as in some old files. */
export type Encoding = 'utf-8' | 'latin-1';

/** The longest line that is read, in bytes. */
export const MAX_LINE_BYTES = 1 << 21;

/** The first bytes of a file as they are on disk. */
export async function firstBytes(path: string, length: number): Promise<Buffer> {
  try {
    // A pipe or a device can't be read twice, and opening one may never return.
    const found = await stat(path);
    if (!found.isFile() && !found.isDirectory()) throw new UserError(`not a regular file: ${path}`);
    const file = await open(path);
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw fileError(path, cause);
  }
}

/**
 * The lines of a UTF-8 text file, gzipped or not, in batches; memory does not grow with the file. Lines end with LF,
 * CRLF or a mixture, or with CR where the file begins without any LF. A line that is too long or not UTF-8 is given
 * with its problem, and reading goes on behind it.
 *
 * @param encoding of lines that are not UTF-8
 * @throws UserError if the file can't be opened, is UTF-16, or is a damaged or truncated gzip file.
 */
export async function* readLines(path: string, encoding: Encoding = 'utf-8'): AsyncGenerator<Line[]> {
  let lineEnd: number | undefined;
  let number = 1;
  let held: Buffer[] = [];
  let heldBytes = 0;

  const take = (end: Buffer): Line[] => {
    const lines = decode(held.length === 0 ? end : Buffer.concat([...held, end]), lineEnd!, number, encoding);
    held = [];
    heldBytes = 0;
    number += lines.length;
    return lines;
  };

  for await (const bytes of readBytes(path)) {
    let chunk = bytes;
    if (lineEnd === undefined) {
      chunk = withoutByteOrderMark(chunk, path);
      lineEnd = !chunk.includes(LINE_FEED) && chunk.includes(CARRIAGE_RETURN) ? CARRIAGE_RETURN : LINE_FEED;
    }
    const end = chunk.lastIndexOf(lineEnd);
    if (end >= 0) yield take(chunk.subarray(0, end));
    const rest = chunk.subarray(end + 1);
    heldBytes += rest.length;
    // Of a line that is too long, just enough is kept to see that it is.
    if (heldBytes <= MAX_LINE_BYTES + CHUNK_BYTES) held.push(rest);
  }
  if (heldBytes > 0) yield take(Buffer.alloc(0));
}

/** The content of a file in chunks, unzipped if it is gzipped. */
async function* readBytes(path: string): AsyncGenerator<Buffer> {
  const magic = await firstBytes(path, 2);
  const zipped = magic[0] === 0x1f && magic[1] === 0x8b;
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const stream: Readable = zipped
    ? pipeline(file, createGunzip({ chunkSize: CHUNK_BYTES }), () => undefined)
    : file;
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (cause) {
    throw fileError(path, cause);
  }
}

/** The error to show for a file that can't be read. */
export function fileError(path: string, cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'ENOENT':
      return new UserError(`no such file: ${path}`, { cause });
    case 'EISDIR':
      return new UserError(`a folder, not a file: ${path}`, { cause });
    case 'EACCES':
    case 'EPERM':
      return new UserError(`no permission to read: ${path}`, { cause });
    case 'Z_BUF_ERROR':
      return new UserError(`gzip file is truncated: ${path}`, { hint: 'copy or download it again', cause });
    case 'Z_DATA_ERROR':
      return new UserError(`gzip file is damaged: ${path}`, { hint: 'copy or download it again', cause });
    default:
      return cause;
  }
}

/** The error to show for a file that can't be written. */
export function writeError(path: string, cause: unknown): unknown {
  if (!(cause instanceof Error) || !('code' in cause)) return cause;
  return new UserError(`can't write: ${path}`, { detail: cause.message, cause });
}

function withoutByteOrderMark(chunk: Buffer, path: string): Buffer {
  if (chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) return chunk.subarray(3);
  if ((chunk[0] === 0xff && chunk[1] === 0xfe) || (chunk[0] === 0xfe && chunk[1] === 0xff)) {
    throw new UserError(`not UTF-8 but UTF-16: ${path}`, {
      hint: 'convert it, for instance with: iconv -f UTF-16 -t UTF-8 IN > OUT',
    });
  }
  return chunk;
}

function decode(block: Buffer, lineEnd: number, first: number, encoding: Encoding): Line[] {
  if (isUtf8(block)) {
    return block
      .toString('utf8')
      .split(String.fromCharCode(lineEnd))
      .map((text, i) => checked(text, first + i));
  }
  const lines: Line[] = [];
  for (let start = 0; start <= block.length; ) {
    const next = block.indexOf(lineEnd, start);
    const end = next < 0 ? block.length : next;
    const bytes = block.subarray(start, end);
    const readable = isUtf8(bytes);
    const latin = !readable && encoding === 'latin-1';
    const line = checked(bytes.toString(latin ? 'latin1' : 'utf8'), first + lines.length);
    lines.push(readable || latin ? line : { ...line, problem: 'not valid UTF-8' });
    start = end + 1;
  }
  return lines;
}

function checked(text: string, number: number): Line {
  const line = { number, text: text.endsWith('\r') ? text.slice(0, -1) : text };
  const long = text.length * 3 > MAX_LINE_BYTES && Buffer.byteLength(text) > MAX_LINE_BYTES;
  return long
    ? { number, text: text.slice(0, 1000), problem: `line longer than ${MAX_LINE_BYTES >> 20} MB` }
    : line;
}
