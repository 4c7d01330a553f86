import { arrayTypes, type DType, type TypedArray } from './dtype.js';
import { ShapeError } from './errors.js';
import { type Shape, showShape, sizeOf } from './shape.js';

/** Data in memory: row-major elements with an element type and a shape. */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: TypedArray;
}

type Nested = number | boolean | readonly Nested[];

/**
 * Makes a tensor.
 *
 * @param data a number, nested lists of numbers, or a typed array that is taken without a copy
 * @param shape defaults to the nesting of `data`, or to one dimension for a typed array
 * @param dtype defaults to the typed array's own type, else `float32` (`bool` for booleans)
 * @throws {ShapeError} when lists are ragged or the number of elements does not fit the shape
 */
export function tensor(data: Nested | TypedArray, shape?: Shape, dtype?: DType): Tensor {
  if (ArrayBuffer.isView(data)) {
    const own = dtype ?? dtypeOf(data);
    const fits = data instanceof arrayTypes[own];
    return checked({ dtype: own, shape: shape ?? [data.length], data: fits ? data : convert(data, own) });
  }
  const found: number[] = [];
  const flat: (number | boolean)[] = [];
  flatten(data, 0, found, flat);
  const own = dtype ?? (typeof flat[0] === 'boolean' ? 'bool' : 'float32');
  return checked({ dtype: own, shape: shape ?? found, data: convert(flat, own) });
}

/** A tensor of zeros. */
export function zerosTensor(shape: Shape, dtype: DType = 'float32'): Tensor {
  return { dtype, shape, data: new arrayTypes[dtype](sizeOf(shape)) };
}

/** Whether something is tensor data, as opposed to a traced value or a plain record. */
export function isTensor(x: unknown): x is Tensor {
  return (
    typeof x === 'object' &&
    x !== null &&
    'data' in x &&
    'shape' in x &&
    'dtype' in x &&
    ArrayBuffer.isView(x.data)
  );
}

/** The elements as numbers (booleans as 0 and 1); 64-bit integers must be within the safe range. */
export function toNumbers(t: Tensor): number[] {
  return Array.from(t.data as ArrayLike<number | bigint>, Number);
}

/** The single element of a tensor of size one. */
export function item(t: Tensor): number {
  if (t.data.length !== 1)
    throw new ShapeError(`item: a tensor of one element is needed: ${showShape(t.shape)}`);
  return Number(t.data[0]);
}

/** Copies numbers into the typed array of an element type. */
export function convert(values: ArrayLike<number | bigint | boolean>, dtype: DType): TypedArray {
  if (dtype === 'int64')
    return BigInt64Array.from(Array.from(values, (v) => BigInt(typeof v === 'number' ? Math.trunc(v) : v)));
  if (dtype === 'bool') return Uint8Array.from(Array.from(values, (v) => (v ? 1 : 0)));
  if (dtype === 'float16')
    throw new ShapeError('tensor: float16 data must be given as bits in a Uint16Array');
  return arrayTypes[dtype].from(Array.from(values, Number));
}

function dtypeOf(data: ArrayBufferView): DType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof BigInt64Array) return 'int64';
  if (data instanceof Int8Array) return 'int8';
  if (data instanceof Uint8Array) return 'uint8';
  if (data instanceof Uint16Array) return 'float16';
  throw new ShapeError(`tensor: typed array has no element type here: ${data.constructor.name}`);
}

function flatten(data: Nested, depth: number, shape: number[], out: (number | boolean)[]): void {
  if (typeof data !== 'object') {
    if (depth !== shape.length) throw new ShapeError('tensor: lists are ragged');
    out.push(data);
    return;
  }
  if (out.length === 0 && shape.length === depth) shape.push(data.length);
  if (shape[depth] !== data.length) {
    throw new ShapeError(`tensor: lists are ragged: ${data.length} elements where ${shape[depth]} were seen`);
  }
  for (const d of data) flatten(d, depth + 1, shape, out);
}

function checked(t: Tensor): Tensor {
  return checkTensor('tensor', t);
}

/**
 * The same thing, if it is a tensor whose data are what its element type and shape say: what a compiled function may be given.
 * @throws {ShapeError}
 */
export function checkTensor(where: string, t: unknown): Tensor {
  if (!isTensor(t))
    throw new ShapeError(`${where}: tensor data is needed: ${nameKind(t)}; tensor() makes it`);
  const { dtype, shape } = checkType(where, t);
  if (!(t.data instanceof arrayTypes[dtype])) {
    throw new ShapeError(
      `${where}: ${dtype} data must be in a ${arrayTypes[dtype].name}: ${nameKind(t.data)}`,
    );
  }
  if (sizeOf(shape) !== t.data.length) {
    throw new ShapeError(`${where}: ${t.data.length} elements do not fill the shape ${showShape(shape)}`);
  }
  return t;
}

/** The same thing, if it has an element type and a shape. */
export function checkType<T extends { readonly dtype: DType; readonly shape: Shape }>(
  where: string,
  t: T,
): T {
  if (!Object.hasOwn(arrayTypes, t.dtype)) throw new ShapeError(`${where}: unknown element type: ${t.dtype}`);
  if (!t.shape.every((d) => Number.isInteger(d) && d >= 0)) {
    throw new ShapeError(`${where}: sizes must be integers from 0: ${showShape(t.shape)}`);
  }
  return t;
}

/** What something is, for messages about what it should have been. */
export function nameKind(x: unknown): string {
  if (typeof x === 'number' || typeof x === 'boolean') return `${typeof x} ${x}`;
  if (typeof x !== 'object' || x === null) return x === null ? 'null' : typeof x;
  return x.constructor?.name ?? 'object';
}
