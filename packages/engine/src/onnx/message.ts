import { WireReader, WireType, WireWriter } from './wire.js';

/** Reads and writes one value of a protobuf type. */
export interface Codec<T> {
  readonly wireType: WireType;
  read(reader: WireReader): T;
  write(writer: WireWriter, value: T): void;
}

/** A codec for a message, which can also stand alone as a file. */
export interface MessageCodec<T> extends Codec<T> {
  decode(bytes: Uint8Array): T;
  encode(value: T): Uint8Array;
}

/** One field of a message: reads an occurrence into the value so far, and writes all its occurrences. */
export interface Field<T> {
  readonly number: number;
  /** The wire types that an occurrence may have. */
  readonly wireTypes: readonly number[];
  absent(): T;
  read(reader: WireReader, wireType: number, soFar: T): T;
  write(writer: WireWriter, value: T): void;
}

type Fields = Readonly<Record<string, Field<unknown>>>;
type MessageOf<F extends Fields> = { [K in keyof F]: F[K] extends Field<infer T> ? T : never };
export type ValueOf<C> = C extends Codec<infer T> ? T : never;

export const INT64: Codec<number> = {
  wireType: WireType.VARINT,
  read: (reader) => reader.int64(),
  write: (writer, value) => writer.int64(value),
};
export const FLOAT: Codec<number> = {
  wireType: WireType.FIXED32,
  read: (reader) => reader.float32(),
  write: (writer, value) => writer.float32(value),
};
export const STRING: Codec<string> = {
  wireType: WireType.BYTES,
  read: (reader) => reader.string(),
  write: (writer, value) => writer.string(value),
};
export const BYTES: Codec<Uint8Array> = {
  wireType: WireType.BYTES,
  read: (reader) => reader.byteString(),
  write: (writer, value) => writer.byteString(value),
};

function writeItem<T>(writer: WireWriter, number: number, codec: Codec<T>, value: T): void {
  codec.write(writer, value);
  writer.tag(number, codec.wireType);
}

/** A field that may be absent; present values are written even when they are zero or empty. */
export function optional<T>(number: number, codec: Codec<T>): Field<T | undefined> {
  return {
    number,
    wireTypes: [codec.wireType],
    absent: () => undefined,
    read: (reader) => codec.read(reader),
    write: (writer, value) => {
      if (value !== undefined) writeItem(writer, number, codec, value);
    },
  };
}

/** A field that stands for `missing` where it is absent. */
export function withDefault<T>(number: number, codec: Codec<T>, missing: T): Field<T> {
  return {
    number,
    wireTypes: [codec.wireType],
    absent: () => missing,
    read: (reader) => codec.read(reader),
    write: (writer, value) => {
      if (value !== missing) writeItem(writer, number, codec, value);
    },
  };
}

/** Stands for every absent list, since most lists are; reading replaces it by a list of its own. */
const NO_ITEMS = Object.freeze([]) as never[];

/** A list. Numbers are read packed and unpacked, and written unpacked as ONNX's proto2 schema has them. */
export function repeated<T>(number: number, codec: Codec<T>): Field<T[]> {
  return {
    number,
    wireTypes: [codec.wireType, WireType.BYTES],
    absent: () => NO_ITEMS,
    read(reader, wireType, soFar) {
      const items = soFar === NO_ITEMS ? [] : soFar;
      if (wireType === codec.wireType) items.push(codec.read(reader));
      else {
        reader.nested(() => {
          while (reader.position < reader.end) items.push(codec.read(reader));
        });
      }
      return items;
    },
    write(writer, items) {
      for (let index = items.length - 1; index >= 0; index--) writeItem(writer, number, codec, items[index]!);
    },
  };
}

/** A list of numbers left undecoded: one byte string per packed run or single number. */
export function undecoded(number: number, wireType: WireType): Field<Uint8Array[]> {
  return {
    number,
    wireTypes: [wireType, WireType.BYTES],
    absent: () => NO_ITEMS,
    read(reader, actual, soFar) {
      const runs = soFar === NO_ITEMS ? [] : soFar;
      runs.push(reader.payload(actual));
      return runs;
    },
    write(writer, runs) {
      for (let index = runs.length - 1; index >= 0; index--) writeItem(writer, number, BYTES, runs[index]!);
    },
  };
}

/** A message type from its table of fields. Fields that the table doesn't name are skipped on reading. */
export function message<F extends Fields>(name: string, fields: F): MessageCodec<MessageOf<F>> {
  type Message = MessageOf<F>;
  type Entry = { readonly key: keyof F & string; readonly field: Field<unknown> };
  const entries: Entry[] = Object.entries(fields).map(([key, field]) => ({ key, field }));
  const backwards = [...entries].reverse();
  const byNumber: Entry[] = [];
  for (const entry of entries) byNumber[entry.field.number] = entry;

  function readFields(reader: WireReader): Message {
    const result: Partial<Record<keyof F, unknown>> = {};
    for (const { key, field } of entries) result[key] = field.absent();
    while (reader.position < reader.end) {
      const tag = reader.tag();
      const wireType = tag & 7;
      const entry = byNumber[tag >>> 3];
      if (entry === undefined) {
        reader.payload(wireType);
        continue;
      }
      const { key, field } = entry;
      if (!field.wireTypes.includes(wireType)) reader.fail(`wrong wire type: ${wireType} for ${name}.${key}`);
      result[key] = field.read(reader, wireType, result[key]);
    }
    return result as Message;
  }

  function writeFields(writer: WireWriter, value: Message): void {
    for (const { key, field } of backwards) {
      const content = value[key];
      if (content !== undefined) field.write(writer, content);
    }
  }

  return {
    wireType: WireType.BYTES,
    read: (reader) => reader.nested(() => readFields(reader)),
    write: (writer, value) => writer.nested(() => writeFields(writer, value)),
    decode: (bytes) => readFields(new WireReader(bytes)),
    encode(value) {
      const writer = new WireWriter();
      writeFields(writer, value);
      return writer.finish();
    },
  };
}
