import { describe, expect, test } from 'vitest';
import { ModelFileError } from '../../src/onnx/errors.js';
import { DataType, decodeModel, decodeTensor, encodeModel, type OnnxTensor } from '../../src/onnx/proto.js';
import { everything, floats, graph, model, node, tensor } from './models.js';

/** A length-delimited field. */
const field = (number: number, content: readonly number[] | string): number[] => {
  const bytes = typeof content === 'string' ? [...new TextEncoder().encode(content)] : content;
  return [number * 8 + 2, ...varint(bytes.length), ...bytes];
};

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

const decodeTensorOf = (...parts: number[][]) => decodeTensor(new Uint8Array(parts.flat()));
const type = (code: number) => [0x10, code];
const dims = (...sizes: number[]) => sizes.flatMap((size) => [0x08, ...varint(size)]);
/** Decodes a model with one node that has these attribute bytes. */
const decodeAttribute = (...attribute: number[][]) => {
  const opType = field(4, 'Op');
  return decodeModel(new Uint8Array(field(7, field(1, [...opType, ...field(5, attribute.flat())]))));
};

describe('models', () => {
  test('bytes as protobuf defines them', () => {
    const small = model(
      graph([node('Neg', ['x'], ['y'], { attributes: { k: { type: 'int', value: 300 } } })], {
        inputs: [],
        outputs: [],
      }),
    );
    const attribute = [...field(1, 'k'), 0x18, 0xac, 0x02, 0xa0, 0x01, 0x02];
    const negation = [...field(1, 'x'), ...field(2, 'y'), ...field(4, 'Neg'), ...field(5, attribute)];
    const expected = [
      0x08,
      10,
      ...field(2, 'test'),
      ...field(7, [...field(1, negation), ...field(2, 'g')]),
      ...field(8, [0x10, 21]),
    ];
    expect([...encodeModel(small)]).toEqual(expected);
  });

  test('everything survives encoding and decoding', () => {
    expect(decodeModel(encodeModel(everything))).toEqual(everything);
  });

  test('raw data is a view of the file', () => {
    const file = encodeModel(everything);
    expect(decodeModel(file).graph.initializers[0]!.data.buffer).toBe(file.buffer);
  });

  test('types and sparse attributes are carried through', () => {
    const sequence = field(4, [...field(1, [...field(1, [0x08, 1])])]);
    const input = field(11, [...field(1, 'x'), ...field(2, sequence)]);
    const sparse = field(5, [...field(1, 's'), 0xa0, 0x01, 11, 0xb2, 0x01, 0]);
    const file = new Uint8Array(field(7, [...field(1, [...field(4, 'Op'), ...sparse]), ...input]));
    const decoded = decodeModel(file);
    expect(decoded.graph.inputs[0]).toMatchObject({
      name: 'x',
      dataType: 0,
      opaqueType: new Uint8Array(sequence),
    });
    expect(Object.keys(decoded.graph.nodes[0]!.opaqueAttributes!)).toEqual(['s']);
    expect(decodeModel(encodeModel(decoded))).toEqual(decoded);
  });

  test('integers beyond the safe range saturate, and sentinels are written as int64 limits', () => {
    const limits = (value: number) => {
      const file = encodeModel(
        model(graph([node('Slice', [], [], { attributes: { end: { type: 'int', value } } })])),
      );
      return Buffer.from(file).toString('hex');
    };
    expect(limits(Number.MAX_SAFE_INTEGER)).toContain('18ffffffffffffffff7f');
    expect(limits(-Number.MAX_SAFE_INTEGER)).toContain('1880808080808080808001');
    expect(limits(-1)).toContain('18ffffffffffffffffff01');
    expect(() => limits(1.5)).toThrow('not a safe integer: 1.5');
    expect(() => limits(2 ** 60)).toThrow(ModelFileError);
    expect(() => limits(Number.NaN)).toThrow('not a safe integer: NaN');
    const beyond = decodeAttribute(
      field(1, 'i'),
      [0xa0, 1, 2],
      [0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x3f],
    );
    expect(beyond.graph.nodes[0]!.attributes.i).toEqual({ type: 'int', value: Number.MAX_SAFE_INTEGER });
  });

  test('packed and unpacked numbers are read alike', () => {
    const ints = (bytes: number[]) =>
      decodeAttribute(field(1, 'i'), [0xa0, 1, 7], bytes).graph.nodes[0]!.attributes.i;
    expect(ints(field(8, [1, 2, 3]))).toEqual({ type: 'ints', value: [1, 2, 3] });
    expect(ints([0x40, 1, 0x40, 2, 0x40, 3])).toEqual({ type: 'ints', value: [1, 2, 3] });
  });

  test('names that objects inherit are ordinary attribute names', () => {
    const attributes = Object.fromEntries(
      ['__proto__', 'constructor'].map((name) => [name, { type: 'int', value: 1 } as const]),
    );
    const decoded = decodeModel(encodeModel(model(graph([node('Op', [], [], { attributes })])))).graph
      .nodes[0]!.attributes;
    expect(Object.keys(decoded)).toEqual(['__proto__', 'constructor']);
    expect(decoded.toString).toBeUndefined();
  });

  test('more than 2 GiB is refused before it is allocated', () => {
    const data = new Uint8Array(2 ** 28);
    const part = (name: string): OnnxTensor => ({
      name,
      dataType: DataType.UINT8,
      dims: [data.length],
      data,
    });
    const initializers = [...'abcdefgh'].map(part);
    expect(() => encodeModel(model(graph([], { initializers })))).toThrow(
      'model too large for one ONNX file',
    );
  });
});

describe('tensors', () => {
  test.each([
    ['float_data', 1, field(4, [...floats(1, -2)]), floats(1, -2)],
    ['float_data, unpacked', 1, [0x25, ...floats(1), 0x25, ...floats(-2)], floats(1, -2)],
    [
      'int32_data of int32',
      6,
      field(5, [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
      new Uint8Array(new Int32Array([1, -1]).buffer),
    ],
    [
      'int32_data of int8',
      3,
      field(5, [1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]),
      new Uint8Array([1, 255]),
    ],
    ['int32_data of bool', 9, field(5, [1, 0]), new Uint8Array([1, 0])],
    ['int32_data of half', 10, field(5, [0x80, 0x78, 1]), new Uint8Array([0x00, 0x3c, 1, 0])],
    [
      'int64_data',
      7,
      field(7, [5, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]),
      new Uint8Array(new BigInt64Array([5n, 2n ** 63n - 1n]).buffer),
    ],
    ['int64_data, unpacked', 7, [0x38, 5, 0x38, 6], new Uint8Array(new BigInt64Array([5n, 6n]).buffer)],
    [
      'double_data',
      11,
      field(10, [...new Uint8Array(new Float64Array([0.1, 2]).buffer)]),
      new Uint8Array(new Float64Array([0.1, 2]).buffer),
    ],
    [
      'uint64_data of uint32',
      12,
      field(11, [0xff, 0xff, 0xff, 0xff, 0x0f, 1]),
      new Uint8Array(new Uint32Array([2 ** 32 - 1, 1]).buffer),
    ],
    [
      'uint64_data',
      13,
      field(11, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1]),
      new Uint8Array(new BigUint64Array([2n ** 64n - 1n, 1n]).buffer),
    ],
    ['raw_data', 1, field(9, [...floats(3, 4)]), floats(3, 4)],
  ])('%s becomes raw bytes', (_, code, bytes, expected) => {
    expect(decodeTensorOf(dims(2), type(code), bytes)).toEqual({
      name: '',
      dataType: code,
      dims: [2],
      data: expected,
    });
  });

  test('4-bit elements share bytes', () => {
    expect(decodeTensorOf(dims(3), type(22), field(5, [0x21, 0x03])).data).toEqual(
      new Uint8Array([0x21, 0x03]),
    );
  });

  test.each([
    [
      'too few bytes',
      [dims(3), type(1), field(9, [0, 0])],
      'does not match its shape: 2 bytes where [3] needs 12',
    ],
    ['too many', [dims(1), type(2), field(9, [0, 0])], '2 bytes where [1] needs 1'],
    ['too few integers', [dims(3), type(6), field(5, [0, 0])], 'does not match its shape'],
    ['a truncated integer', [dims(1), type(7), field(7, [0, 0x80])], 'truncated number'],
    ['too few strings', [dims(2), type(8), field(6, 'a')], '1 strings where [2] needs 2'],
    [
      'negative dimension',
      [[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], type(1)],
      'invalid dimension: -1',
    ],
    ['absurd dimensions', [dims(2 ** 40, 2 ** 40), type(1)], 'absurd dimensions'],
    ['no type', [dims(1)], 'unknown tensor data type: 0'],
    ['unknown type', [dims(1), type(99)], 'unknown tensor data type: 99'],
    ['a segment', [dims(1), type(1), field(3, [])], 'segmented tensors'],
    [
      'external key',
      [type(1), field(13, [...field(1, 'filename'), ...field(2, 'x')]), [0x70, 1]],
      "unknown external data key: 'filename'",
    ],
    ['no location', [type(1), [0x70, 1]], 'without a location'],
    [
      'negative offset',
      [
        type(1),
        field(13, [...field(1, 'location'), ...field(2, 'x')]),
        field(13, [...field(1, 'offset'), ...field(2, '-1')]),
        [0x70, 1],
      ],
      "invalid external data offset: '-1'",
    ],
  ])('%s is refused with the name of the tensor', (_, parts, message) => {
    const decode = () => decodeTensorOf(field(8, 'weight'), ...(parts as number[][]));
    expect(decode).toThrow(ModelFileError);
    expect(decode).toThrow(message);
    expect(decode).toThrow("(tensor 'weight')");
  });

  test('a tensor whose bytes do not match its shape is not written', () => {
    const initializers = [{ ...tensor('w', 1), dims: [2] }];
    expect(() => encodeModel(model(graph([], { initializers })))).toThrow(
      "4 bytes where [2] needs 8 (tensor 'w')",
    );
  });
});

describe('damaged files', () => {
  /** Graphs in attributes of nodes in graphs. */
  const nested = (depth: number): number[] =>
    depth === 0 ? [] : field(1, field(5, [...field(1, 'g'), 0xa0, 1, 5, ...field(6, nested(depth - 1))]));

  test.each([
    ['empty', [], 'no graph'],
    ['truncated number', [0x08, 0x80], 'truncated number'],
    ['eleven-byte number', [0x08, ...new Array(10).fill(0x80), 1], 'longer than 10 bytes'],
    ['length beyond the end', [0x12, 5, 1], 'length beyond the end: 5'],
    ['length beyond 4 GiB', [0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 1], 'length beyond 4 GiB'],
    ['nested length beyond its message', [...field(7, [0x12, 5, 1]), 1, 1, 1, 1], 'length beyond the end: 5'],
    ['field 0', [0x00], 'invalid field tag'],
    ['group', [0x0b], 'wrong wire type: 3 for ModelProto.irVersion'],
    ['unknown group', [0x7b], 'unknown wire type: 3'],
    ['wrong wire type', [0x38, 1], 'wrong wire type: 0 for ModelProto.graph'],
    ['not UTF-8', field(2, [0xff]), 'not valid UTF-8'],
    ['deep nesting', field(7, nested(40)), 'nested deeper than 100'],
    ['no operator', field(7, field(1, field(3, 'n'))), "node without an operator (node 'n' ())"],
    ['sparse initializer', field(7, field(15, [])), 'sparse initializers'],
  ])('%s', (_, bytes, message) => {
    const decode = () => decodeModel(new Uint8Array(bytes));
    expect(decode).toThrow(ModelFileError);
    expect(decode).toThrow(message);
  });

  test('attributes are refused with the name of the node', () => {
    const attribute =
      (...parts: number[][]) =>
      () =>
        decodeAttribute(field(1, 'a'), ...parts);
    expect(attribute([0xa0, 1, 99])).toThrow("unknown type of attribute 'a': 99 (node '' (Op))");
    expect(attribute([0xa0, 1, 4])).toThrow("attribute without its tensor (attribute 'a') (node '' (Op))");
    expect(attribute([0xa0, 1, 4], field(5, type(1)))).toThrow(
      "(unnamed tensor) (attribute 'a') (node '' (Op))",
    );
  });
});
