// As much of ONNX's protocol buffers as the optimizer vectors need.

const FLOAT = 1;
const INT64 = 7;

type Field = readonly [number: number, value: number | Uint8Array];

/** Elements of a serialized float32 or int64 TensorProto. */
export function readTensor(bytes: Uint8Array): number[] {
  const fields = readFields(bytes);
  const type = fields.find(([number]) => number === 2)?.[1];
  const raw = fields.find(([number]) => number === 9)?.[1];
  if (!(raw instanceof Uint8Array)) throw new Error('tensor without raw_data');
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  if (type === FLOAT) return Array.from({ length: raw.length / 4 }, (_, i) => view.getFloat32(i * 4, true));
  if (type === INT64) {
    return Array.from({ length: raw.length / 8 }, (_, i) => Number(view.getBigInt64(i * 8, true)));
  }
  throw new Error(`unexpected tensor type ${type}`);
}

/** Operator and float or string attributes of the only node of a serialized ModelProto. */
export function readNode(bytes: Uint8Array): {
  operator: string;
  attributes: Record<string, number | string>;
} {
  const graph = only(readFields(bytes), 7);
  const node = readFields(only(readFields(graph), 1));
  const attributes = node.flatMap(([number, value]) => {
    if (number !== 5 || !(value instanceof Uint8Array)) return [];
    const attribute = readFields(value);
    const float = attribute.find(([field]) => field === 2)?.[1];
    return [
      [text(only(attribute, 1)), typeof float === 'number' ? float : text(only(attribute, 4))] as const,
    ];
  });
  return { operator: text(only(node, 4)), attributes: Object.fromEntries(attributes) };
}

function only(fields: readonly Field[], wanted: number): Uint8Array {
  const found = fields.find(([number]) => number === wanted)?.[1];
  if (!(found instanceof Uint8Array)) throw new Error(`field ${wanted} is missing`);
  return found;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function readFields(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const wire = tag % 8;
    if (wire === 0) fields.push([tag >>> 3, varint()]);
    else if (wire === 2) {
      const length = varint();
      fields.push([tag >>> 3, bytes.subarray(at, at + length)]);
      at += length;
    } else if (wire === 5) {
      fields.push([tag >>> 3, view.getFloat32(at, true)]);
      at += 4;
    } else throw new Error(`unexpected wire type ${wire}`);
  }
  return fields;
}
