import { vjp } from '../../src/autodiff/grad.js';
import { lower } from '../../src/compile/lower.js';
import { type Graph, trace } from '../../src/compile/trace.js';
import { type DType, isFloat } from '../../src/graph/dtype.js';
import { sizeOf } from '../../src/graph/shape.js';
import { convert, type Tensor, toNumbers } from '../../src/graph/tensor.js';
import { currentTrace, Trace, type Type, type Value, withTrace } from '../../src/graph/value.js';
import { encodeModel } from '../../src/onnx/proto.js';
import { apply, applyAll, constant, constantOf, ruleOf } from '../../src/ops/apply.js';
import type { OpAttributes } from '../../src/ops/attributes.js';
import type { Op, Sample, SampleInput } from '../../src/ops/rule.js';
import { zerosLike } from '../../src/ops/shape.js';
import { input } from '../../src/ops/sources.js';
import { currentBackend } from '../../src/runtime/backend.js';
import { uniform } from './random.js';

/** What a sample's run through the runtime has shown. Errors are relative, to be judged by the caller. */
export interface SampleReport {
  /** Types of the outputs as inferred, and as they came out in float32 and in float64. */
  readonly inferred: readonly Type[];
  readonly received: readonly Type[];
  /** Gradients against central differences, in float64. */
  readonly gradient: number;
  /** Gradients of random projections of the gradients against central differences, in float64. */
  readonly second: number;
  /** Results and gradients in float32 against those in float64. */
  readonly precision: number;
  /** Results with the rules of simplification against those of the operator as written. */
  readonly simplified: number;
  /** Constant folding against the runtime, where the operator folds. */
  readonly folded: number | undefined;
}

type Program = (inputs: readonly Tensor[]) => Promise<Tensor[]>;

/** Relative step of the central differences: their error is near 1e-10 in float64. */
const step = 1e-6;

/** Loads a graph and hands it to `use`; the session is released afterwards. */
export async function withProgram<R>(graph: Graph, use: (run: Program) => Promise<R>): Promise<R> {
  const { model, inputNames, outputNames } = lower(graph);
  const io = { inputs: inputNames, outputs: outputNames };
  const session = await currentBackend().load(encodeModel(model), io, { threads: 1 });
  try {
    return await use((inputs) => session.run(inputs));
  } finally {
    await session.release();
  }
}

/** Runs one sample of an operator in both precisions, with first and second derivatives. */
export async function checkSample<O extends Op>(
  op: O,
  sample: Sample<O>,
  random: () => number,
): Promise<SampleReport> {
  const drawn = sample.inputs.map((s) => s.fixed ?? draw(s, random));
  const double = differentiated(op, sample, drawn, 'float64');
  const single = differentiated(op, sample, drawn, 'float32');
  const extra = double.extra.map((t) => draw(t, random));
  const all = asTypes([...drawn, ...extra], double.graph.inputs);
  const inSingle = asTypes(all, single.graph.inputs);

  const fine = await withProgram(double.graph, async (run) => {
    const base = await run(all);
    const parts = double.parts(base);
    const sources = double.sources.map((i) => drawn[i]!);
    const [weights, directions] = [extra.slice(0, double.floats.length), extra.slice(double.floats.length)];
    const project = (r: readonly Tensor[]) =>
      dot(
        double.floats.map((i) => r[i]!),
        weights,
      );
    const projectGradient = (r: readonly Tensor[]) => dot(double.parts(r).first, directions);
    const [first, second] = await differences(run, all, sources, [project, projectGradient]);
    return {
      base,
      gradient: distance(parts.first.flatMap(toNumbers), first!),
      second: sample.smooth ? distance(parts.second.flatMap(toNumbers), second!) : 0,
    };
  });
  const coarse = await withProgram(single.graph, (run) => run(inSingle));
  const singles = inSingle.slice(0, drawn.length);
  const raw = await withProgram(unsimplified(op, sample, singles), (run) => run(singles));
  const results = coarse.slice(0, single.types.length);
  return {
    inferred: [...single.types, ...double.types],
    received: [...results, ...fine.base.slice(0, double.types.length)].map(({ dtype, shape }) => ({
      dtype,
      shape,
    })),
    gradient: fine.gradient,
    second: fine.second,
    precision: distance(coarse.flatMap(toNumbers), fine.base.flatMap(toNumbers)),
    simplified: distance(results.flatMap(toNumbers), raw.flatMap(toNumbers)),
    folded: foldError(op, sample, singles, results),
  };
}

/** The sample's operator on symbolic inputs, its gradients and theirs, as one graph. */
function differentiated<O extends Op>(op: O, sample: Sample<O>, drawn: readonly Tensor[], dtype: DType) {
  const inputTypes = drawn.map((t, i): Type => ({ ...t, dtype: sample.inputs[i]!.fixed ? t.dtype : dtype }));
  const sources = sample.inputs.flatMap((s, i) => (s.fixed ? [] : [i]));
  let types: readonly Type[] = [];
  withTrace(new Trace(), () => {
    types = ruleOf(op)
      .infer(
        inputTypes.map((t, i) => input(i, t.dtype, t.shape)),
        sample.attributes,
      )
      .map(({ dtype, shape }) => ({ dtype, shape }));
  });
  const floats = types.flatMap((t, i) => (isFloat(t.dtype) ? [i] : []));
  const differentiable = ruleOf(op).vjp !== null;
  const cotangentTypes = floats.map((i) => types[i]!);
  const directionTypes = differentiable ? sources.map((i) => inputTypes[i]!) : [];
  const { graph } = trace(
    (inputs: Value[], cotangents: Value[], directions: Value[]) => {
      const outputs = outputsOf(op, inputs, sample.attributes);
      if (!differentiable) return [outputs, cotangents];
      const from = sources.map((i) => inputs[i]!);
      const orZero = (found: readonly (Value | undefined)[]) => found.map((v, i) => v ?? zerosLike(from[i]!));
      const results = floats.map((i) => outputs[i]!);
      const first = orZero(vjp(results, cotangents, from));
      // Asked for alone, a gradient is the same: being equal, it is the same node of the trace.
      const alone = from.map((source) => vjp(results, cotangents, [source])[0] ?? zerosLike(source));
      if (alone.some((v, i) => v !== first[i])) {
        throw new Error(`the gradients of ${op} depend on which of them are wanted`);
      }
      return [outputs, first, sample.smooth ? orZero(vjp(first, directions, from)) : []];
    },
    [inputTypes, cotangentTypes, directionTypes],
  );
  const count = differentiable ? sources.length : 0;
  return {
    graph,
    types,
    floats,
    sources: differentiable ? sources : [],
    extra: [...cotangentTypes, ...directionTypes],
    parts: (r: readonly Tensor[]) => ({
      first: r.slice(types.length, types.length + count),
      second: r.slice(types.length + count),
    }),
  };
}

function outputsOf<O extends Op>(
  op: O,
  inputs: readonly Value[],
  attributes: OpAttributes[O],
): readonly Value[] {
  const types = ruleOf(op).infer(inputs, attributes);
  return types.length === 1 ? [apply(op, inputs, attributes)] : applyAll(op, inputs, attributes);
}

/** The operator alone, without rules of simplification. */
function unsimplified<O extends Op>(op: O, sample: Sample<O>, inputs: readonly Tensor[]): Graph {
  return withTrace(new Trace(), () => {
    const values = inputs.map((t, i) => input(i, t.dtype, t.shape));
    const types = ruleOf(op).infer(values, sample.attributes);
    return { inputs, outputs: currentTrace().add(op, values, sample.attributes, types).outputs };
  });
}

function foldError<O extends Op>(
  op: O,
  sample: Sample<O>,
  inputs: readonly Tensor[],
  expected: readonly Tensor[],
): number | undefined {
  if (!ruleOf(op).fold || inputs.length === 0) return undefined;
  return withTrace(new Trace(), () => {
    const found = constantOf(
      apply(
        op,
        inputs.map((t) => constant(t)),
        sample.attributes,
      ),
    );
    return found ? distance(toNumbers(found), expected.flatMap(toNumbers)) : Infinity;
  });
}

/** Central differences of several functions of a program's results, for every coordinate of some of its inputs. */
async function differences(
  run: Program,
  inputs: readonly Tensor[],
  sources: readonly Tensor[],
  projections: readonly ((results: readonly Tensor[]) => number)[],
): Promise<number[][]> {
  const found = projections.map((): number[] => []);
  for (const source of sources) {
    const data = source.data as Float64Array;
    for (let k = 0; k < data.length; k++) {
      const x = data[k]!;
      const h = step * Math.max(1, Math.abs(x));
      data[k] = x + h;
      const above = await run(inputs);
      data[k] = x - h;
      const below = await run(inputs);
      data[k] = x;
      projections.forEach((f, i) => {
        found[i]!.push((f(above) - f(below)) / (2 * h));
      });
    }
  }
  return found;
}

function dot(a: readonly Tensor[], b: readonly Tensor[]): number {
  let total = 0;
  a.forEach((t, i) => {
    t.data.forEach((x: number | bigint, k: number) => {
      total += Number(x) * Number(b[i]!.data[k]);
    });
  });
  return total;
}

/** Largest difference, relative to the larger of the two numbers, or to 0.01 where both are smaller than that. */
export function distance(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Infinity;
  return a.reduce((worst, x, i) => {
    const y = b[i]!;
    if (Object.is(x, y) || x === y) return worst;
    const error = Math.abs(x - y) / Math.max(Math.abs(x), Math.abs(y), 0.01);
    return Number.isNaN(error) ? Infinity : Math.max(worst, error);
  }, 0);
}

function draw({ shape, range, avoid }: SampleInput, random: () => number): Tensor {
  // Numbers that float32 holds exactly, so that both precisions start from the same ones.
  const data = uniform(random, sizeOf(shape), range, avoid).map(Math.fround);
  return { dtype: 'float64', shape, data };
}

function asTypes(tensors: readonly Tensor[], types: readonly Type[]): Tensor[] {
  return tensors.map((t, i) => {
    const { dtype } = types[i]!;
    return t.dtype === dtype ? t : { ...t, dtype, data: convert(t.data, dtype) };
  });
}
