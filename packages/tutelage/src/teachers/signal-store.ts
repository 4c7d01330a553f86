import { join } from 'node:path';
import { BusyError, UserError } from '../core/errors.js';
import { quietly, removeTemporaries, withFile, writeAll, writeFileAtomic } from '../runs/atomic.js';
import { explained } from '../runs/file-errors.js';
import { type FileSystem, nodeFileSystem } from '../runs/file-system.js';
import { acquireLock, type Lock } from '../runs/lock.js';
import { makeFolders } from '../runs/run.js';
import {
  decodeIndex,
  encodeIndex,
  encodeRecord,
  isSegment,
  type Place,
  payloadAt,
  type SignalKey,
  scanSegment,
  segmentStart,
} from './segment.js';

/** Signals that were captured, as they are at the time of opening. */
export interface SignalReader {
  /** Number of signals. */
  readonly size: number;
  /** Bytes of all signals on the disk, with their keys and checks. */
  readonly bytes: number;
  /** Bytes that a fault of the disk or of another program made useless; their signals count as missing. */
  readonly damaged: number;
  has(key: SignalKey): boolean;
  /**
   * The payloads under keys, in their order; undefined where there is none, or none that is whole.
   *
   * @throws {UserError} when a file can't be read
   */
  read(keys: readonly SignalKey[]): (Uint8Array | undefined)[];
}

/** The one writer of a folder of signals. */
export interface SignalStore extends SignalReader {
  /**
   * Adds signals, and returns when they are on the disk. After a crash in between, some of them are there as a whole and the others
   * not at all.
   *
   * @throws {UserError} when the disk is full, read-only, ...; what was there before is intact
   */
  append(records: readonly { readonly key: SignalKey; readonly payload: Uint8Array }[]): void;
  /** Lets another process write. */
  close(): void;
}

/** A full segment gets an index and is never written to again; this many bytes are read at once. */
const fullSegment = 16 * 2 ** 20;

interface Segment {
  readonly path: string;
  size: number;
}

interface Location extends Place {
  readonly segment: Segment;
}

interface Contents {
  readonly segments: Segment[];
  readonly locations: Map<SignalKey, Location>;
  damaged: number;
}

/**
 * Opens captured signals for reading, also while another process writes: what is whole is seen, an unfinished end is not.
 *
 * @throws {UserError} when the folder can't be read, or was written by another version
 */
export function readSignals(folder: string, fs: FileSystem = nodeFileSystem): SignalReader {
  return readerOf(
    fs,
    explained('read the signals', folder, () => load(fs, folder)),
  );
}

/**
 * Opens a folder of captured signals for reading and writing, and makes it if it isn't there. An unfinished end that a crash has
 * left is cut off.
 *
 * @throws {BusyError} when another process writes there
 * @throws {UserError} when the folder can't be written to, or was written by another version
 */
export function openSignals(folder: string, fs: FileSystem = nodeFileSystem): SignalStore {
  return explained('open the signals', folder, () => {
    makeFolders(fs, folder);
    const lock = lockFolder(fs, folder);
    try {
      removeTemporaries(fs, folder);
      const contents = load(fs, folder);
      return writerOf(fs, folder, contents, lock);
    } catch (error) {
      lock.release();
      throw error;
    }
  });
}

function lockFolder(fs: FileSystem, folder: string): Lock {
  try {
    return acquireLock(fs, folder);
  } catch (error) {
    if (!(error instanceof BusyError)) throw error;
    throw new BusyError(`signals can't be written to: ${folder}`, {
      detail: error.message,
      hint: error.hint,
    });
  }
}

const indexOf = (segment: string): string => segment.replace(/signals$/, 'index');

function load(fs: FileSystem, folder: string): Contents {
  const names = fs.list(folder).filter((name) => /^segment-\d{6,}\.signals$/.test(name));
  const contents: Contents = { segments: [], locations: new Map(), damaged: 0 };
  for (const name of names.sort((a, b) => Number(a.slice(8, -8)) - Number(b.slice(8, -8)))) {
    const path = join(folder, name);
    const { places, size, damaged } = inspect(fs, path);
    const segment = { path, size };
    contents.segments.push(segment);
    for (const place of places) contents.locations.set(place.key, { ...place, segment });
    contents.damaged += damaged;
  }
  return contents;
}

function inspect(
  fs: FileSystem,
  path: string,
): { readonly places: readonly Place[]; readonly size: number; readonly damaged: number } {
  const index = indexOf(path);
  const places = fs.kind(index) === 'file' ? decodeIndex(bufferOf(fs.read(index))) : undefined;
  if (places) {
    const size = places.reduce(
      (end, { offset, length }) => Math.max(end, offset + length),
      segmentStart.length,
    );
    return { places, size, damaged: 0 };
  }
  const bytes = bufferOf(fs.read(path));
  if (!isSegment(bytes)) {
    throw new UserError(`not signals, or of another version: ${path}`, {
      hint: 'choose another folder; the teacher will be asked again',
    });
  }
  const { end, ...scan } = scanSegment(bytes);
  return { ...scan, size: end };
}

function readerOf(fs: FileSystem, { segments, locations, damaged }: Contents): SignalReader {
  return {
    get size() {
      return locations.size;
    },
    get bytes() {
      return segments.reduce((sum, { size }) => sum + size, 0);
    },
    damaged,
    has: (key) => locations.has(key),
    read(keys) {
      const payloads = keys.map((): Uint8Array | undefined => undefined);
      const wanted = new Map<Segment, { readonly at: number; readonly offset: number }[]>();
      keys.forEach((key, at) => {
        const location = locations.get(key);
        if (!location) return;
        const { segment, offset } = location;
        const places = wanted.get(segment);
        if (places) places.push({ at, offset });
        else wanted.set(segment, [{ at, offset }]);
      });
      for (const [{ path }, places] of wanted) {
        const start = places.reduce((least, { offset }) => Math.min(least, offset), Number.POSITIVE_INFINITY);
        const bytes = explained('read the signals', path, () => bufferOf(fs.read(path, start)));
        for (const { at, offset } of places) payloads[at] = payloadAt(bytes, offset - start);
      }
      return payloads;
    },
  };
}

function writerOf(fs: FileSystem, folder: string, contents: Contents, lock: Lock): SignalStore {
  const { segments, locations } = contents;
  const reader = readerOf(fs, contents);
  /** The segment whose end is where the next record goes; undefined if a new one must be made. */
  let open = segments.at(-1);
  if (open) cutTo(fs, open);

  const openSegment = (): Segment => {
    if (open && open.size < fullSegment) return open;
    if (open) seal(fs, open, locations);
    const number = Number(/(\d+)\.signals$/.exec(segments.at(-1)?.path ?? '')?.[1] ?? 0) + 1;
    const path = join(folder, `segment-${String(number).padStart(6, '0')}.signals`);
    writeFileAtomic(fs, path, segmentStart);
    const segment = { path, size: segmentStart.length };
    segments.push(segment);
    open = segment;
    return segment;
  };

  return {
    get size() {
      return reader.size;
    },
    get bytes() {
      return reader.bytes;
    },
    damaged: reader.damaged,
    has: reader.has,
    read: reader.read,
    append(records) {
      if (records.length === 0) return;
      const segment = openSegment();
      const encoded = records.map(({ key, payload }) => encodeRecord(key, payload));
      explained('save the signals', segment.path, () => {
        try {
          withFile(fs, segment.path, 'append', (descriptor) => {
            writeAll(fs, descriptor, Buffer.concat(encoded));
            fs.fsync(descriptor);
          });
        } catch (error) {
          quietly(() => cutTo(fs, segment));
          open = undefined;
          throw error;
        }
      });
      records.forEach(({ key }, i) => {
        const { length } = encoded[i]!;
        locations.set(key, { key, offset: segment.size, length, segment });
        segment.size += length;
      });
    },
    close: () => lock.release(),
  };
}

/** Cuts off what follows a segment's last whole record. */
function cutTo(fs: FileSystem, { path, size }: Segment): void {
  withFile(fs, path, 'modify', (descriptor) => {
    fs.truncate(descriptor, size);
    fs.fsync(descriptor);
  });
}

/** Writes the index of a segment that is full, so that opening need not read all of it. */
function seal(fs: FileSystem, segment: Segment, locations: ReadonlyMap<SignalKey, Location>): void {
  const places = [...locations.values()].filter((location) => location.segment === segment);
  writeFileAtomic(fs, indexOf(segment.path), encodeIndex(places));
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
