import { onnxTypes, type Writer } from '../compile/lower.js';
import type { DType } from '../graph/dtype.js';
import { convert } from '../graph/tensor.js';
import type { OnnxAttributes } from '../ops/rule.js';
import type { AxisPlace } from './axes.js';
import type { Fit } from './fit.js';
import { constantOf, type Polynomial } from './polynomial.js';

/** A tensor of which some elements follow from sizes. */
export interface SizedTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly elements: readonly (number | Fit)[];
}

/**
 * Returns a function that writes the nodes which compute a tensor from the sizes of a model's inputs, and returns its name.
 * Equal nodes are written once.
 */
export function sizeNodes(
  writer: Writer,
  places: ReadonlyMap<string, AxisPlace>,
): (tensor: SizedTensor) => string {
  const written = new Map<string, string>();
  const node = (opType: string, inputs: readonly string[], attributes: OnnxAttributes = {}): string => {
    const key = JSON.stringify([opType, inputs, attributes]);
    const name = written.get(key) ?? writer.node(opType, inputs, attributes);
    written.set(key, name);
    return name;
  };
  const vector = (values: readonly number[], dtype: DType) =>
    writer.constant({ dtype, shape: [values.length], data: convert(values, dtype) });

  // All sizes are vectors of one element, so that they can be joined without further nodes.
  const size = (axis: string): string => {
    const place = places.get(axis)!;
    return node('Shape', [place.input], { start: place.axis, end: place.axis + 1 });
  };
  const polynomial = ({ terms, divisor }: Polynomial): string => {
    const parts = terms.map(({ coefficient, axes }) => {
      const sizes = axes.map(size);
      const factors =
        coefficient === 1 && sizes.length > 0 ? sizes : [...sizes, vector([coefficient], 'int64')];
      return factors.reduce((product, factor) => node('Mul', [product, factor]));
    });
    const sum = parts.reduce((a, b) => node('Add', [a, b]));
    return divisor === 1 ? sum : node('Div', [sum, vector([divisor], 'int64')]);
  };
  const cast = (name: string, dtype: DType) =>
    dtype === 'int64' ? name : node('Cast', [name], { to: onnxTypes[dtype] });
  const element = (fit: Fit, dtype: DType): string => {
    if (fit.kind === 'polynomial') return cast(polynomial(fit.polynomial), dtype);
    if (fit.kind === 'reciprocal') return node('Reciprocal', [cast(polynomial(fit.polynomial), dtype)]);
    const powers = [...fit.powers].map(([axis, power]) =>
      node('Pow', [cast(size(axis), dtype), vector([power], dtype)]),
    );
    return [vector([fit.factor], dtype), ...powers].reduce((a, b) => node('Mul', [a, b]));
  };

  return ({ dtype, shape, elements }) => {
    const pieces: string[] = [];
    let run: number[] = [];
    const endRun = () => {
      if (run.length > 0) pieces.push(vector(run, dtype));
      run = [];
    };
    for (const e of elements) {
      const known = numberOf(e);
      if (known !== undefined) run.push(known);
      else {
        endRun();
        pieces.push(element(e as Fit, dtype));
      }
    }
    endRun();
    const joined = pieces.length === 1 ? pieces[0]! : node('Concat', pieces, { axis: 0 });
    return shape.length === 1 ? joined : node('Reshape', [joined, vector(shape, 'int64')]);
  };
}

/** The number, where no size is in it. */
export function numberOf(element: number | Fit): number | undefined {
  if (typeof element === 'number') return element;
  return element.kind === 'polynomial' ? constantOf(element.polynomial) : undefined;
}
