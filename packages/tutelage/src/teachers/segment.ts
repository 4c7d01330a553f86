import { createHash } from 'node:crypto';

/**
 * A segment is a file of records after a line that names the format. A record, all numbers little-endian:
 *
 *     marker 4 | check 4 | length 4 | key 16 | payload
 *
 * `check` is the start of the SHA-256 of all that follows it. The marker lets a reader find the next record behind damaged bytes,
 * so that a crash or a bad sector costs the records it hit and no others.
 */
const header = Buffer.from('tutelage signals 1\n');
const marker = Buffer.from([0x9e, 0x53, 0xc1, 0x0a]);
const checkAt = 4;
const checkedAt = 8;
const keyAt = 12;
const keyBytes = 16;

/** Bytes that a record takes beside its payload. */
export const recordOverhead = keyAt + keyBytes;

/** What an empty segment holds. */
export const segmentStart: Uint8Array = header;

/** A key is 16 bytes, held as a string of as many Latin-1 characters: the smallest thing that a map takes as a key. */
export type SignalKey = string;

/** Where a record lies in its segment. */
export interface Place {
  readonly key: SignalKey;
  readonly offset: number;
  /** Of the whole record, in bytes. */
  readonly length: number;
}

/** What was found in a segment. */
export interface Scan {
  readonly places: readonly Place[];
  /** Just behind the last whole record: what follows was torn off by a crash. */
  readonly end: number;
  /** Bytes between whole records that belong to none. */
  readonly damaged: number;
}

/** The bytes of a record. */
export function encodeRecord(key: SignalKey, payload: Uint8Array): Uint8Array {
  const record = Buffer.alloc(recordOverhead + payload.length);
  marker.copy(record);
  record.writeUInt32LE(payload.length, checkedAt);
  record.write(key, keyAt, 'latin1');
  record.set(payload, recordOverhead);
  checkOf(record.subarray(checkedAt)).copy(record, checkAt);
  return record;
}

/** The payload of the record at `offset`, or undefined if there is no whole one. A view into `segment`. */
export function payloadAt(segment: Buffer, offset: number): Uint8Array | undefined {
  const end = recordEnd(segment, offset);
  return end === undefined ? undefined : segment.subarray(offset + recordOverhead, end);
}

/** Whether a file is a segment of this format. */
export function isSegment(bytes: Buffer): boolean {
  return bytes.subarray(0, header.length).equals(header);
}

/** Finds the whole records of a segment. */
export function scanSegment(segment: Buffer): Scan {
  const places: Place[] = [];
  let end = header.length;
  let damaged = 0;
  for (let at = header.length; at < segment.length; ) {
    const next = recordEnd(segment, at);
    if (next === undefined) {
      const found = segment.indexOf(marker, at + 1);
      if (found < 0) break;
      at = found;
      continue;
    }
    const key = segment.toString('latin1', at + keyAt, at + recordOverhead);
    places.push({ key, offset: at, length: next - at });
    damaged += at - end;
    at = next;
    end = next;
  }
  return { places, end, damaged };
}

/** Where the record at `offset` ends, if it is whole. */
function recordEnd(segment: Buffer, offset: number): number | undefined {
  if (offset + recordOverhead > segment.length) return undefined;
  if (!segment.subarray(offset, offset + marker.length).equals(marker)) return undefined;
  const end = offset + recordOverhead + segment.readUInt32LE(offset + checkedAt);
  if (end > segment.length) return undefined;
  const check = segment.subarray(offset + checkAt, offset + checkedAt);
  return checkOf(segment.subarray(offset + checkedAt, end)).equals(check) ? end : undefined;
}

function checkOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, 4);
}

const entryBytes = keyBytes + 8;
const digestBytes = 32;

/** The index of a segment that is full: its places, after a SHA-256 of them. */
export function encodeIndex(places: readonly Place[]): Uint8Array {
  const entries = Buffer.alloc(places.length * entryBytes);
  places.forEach(({ key, offset, length }, i) => {
    entries.write(key, i * entryBytes, 'latin1');
    entries.writeUInt32LE(offset, i * entryBytes + keyBytes);
    entries.writeUInt32LE(length, i * entryBytes + keyBytes + 4);
  });
  return Buffer.concat([createHash('sha256').update(entries).digest(), entries]);
}

/** The places in an index, or undefined if it is damaged. */
export function decodeIndex(bytes: Buffer): Place[] | undefined {
  const entries = bytes.subarray(digestBytes);
  const digest = createHash('sha256').update(entries).digest();
  if (!digest.equals(bytes.subarray(0, digestBytes))) return undefined;
  return Array.from({ length: entries.length / entryBytes }, (_, i) => ({
    key: entries.toString('latin1', i * entryBytes, i * entryBytes + keyBytes),
    offset: entries.readUInt32LE(i * entryBytes + keyBytes),
    length: entries.readUInt32LE(i * entryBytes + keyBytes + 4),
  }));
}
