import { constants, gunzipSync } from 'node:zlib';

type Check = (start: Uint8Array) => boolean;

const begins =
  (...bytes: readonly number[]): Check =>
  (start) =>
    bytes.every((byte, i) => start[i] === byte);

const ascii = (text: string) => [...text].map((letter) => letter.charCodeAt(0));

/** Text in any of the usual encodings has no zero byte but in UTF-16, which begins with a mark. */
const isText: Check = (start) => !start.includes(0) || begins(0xff, 0xfe)(start) || begins(0xfe, 0xff)(start);

const isGzip: Check = (start) => {
  if (!begins(0x1f, 0x8b)(start)) return false;
  try {
    // The first bytes alone: the end of the file is missing.
    return isText(gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 1 << 20 }));
  } catch (error) {
    return error instanceof RangeError;
  }
};

/** How files of each type begin, by the end of their names. */
const types: Readonly<Record<string, Check>> = {
  csv: isText,
  tsv: isText,
  txt: isText,
  json: isText,
  jsonl: isText,
  ndjson: isText,
  'csv.gz': isGzip,
  'tsv.gz': isGzip,
  'jsonl.gz': isGzip,
  parquet: begins(...ascii('PAR1')),
  png: begins(0x89, ...ascii('PNG')),
  jpg: begins(0xff, 0xd8, 0xff),
  jpeg: begins(0xff, 0xd8, 0xff),
  gif: begins(...ascii('GIF8')),
  webp: (start) => begins(...ascii('RIFF'))(start) && begins(...ascii('WEBP'))(start.subarray(8)),
};

/** Bytes of a file's start that its type is told by. */
export const startBytes = 4096;

/** What can be uploaded, for messages. */
export const uploadTypes = Object.keys(types);

/** The type of a file by the end of its name, or undefined if it is none to be uploaded. */
export function typeOf(name: string): string | undefined {
  return uploadTypes
    .filter((type) => name.toLowerCase().endsWith(`.${type}`))
    .sort((a, b) => b.length - a.length)[0];
}

/** Whether a file begins as its type does. An empty file does not. */
export function beginsAs(type: string, start: Uint8Array): boolean {
  return start.length > 0 && types[type]!(start);
}
