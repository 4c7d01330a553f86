import { expect, test } from 'vitest';
import { trace } from '../../src/compile/trace.js';
import { ShapeError } from '../../src/graph/errors.js';
import { sizeOf } from '../../src/graph/shape.js';
import { reachable } from '../../src/graph/value.js';
import { importOnnx, jit, ModelFileError, type Type, type Value, zerosTensor } from '../../src/index.js';
import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor } from '../../src/onnx/model.js';
import { encodeModel } from '../../src/onnx/proto.js';
import { randomFrom } from '../support/random.js';
import { cases, inputShapes } from './cases.js';

/**
 * Damaged models are imported or refused with a clear error. The runtime, whose native code could crash on hostile bytes,
 * never sees them: what it gets is our own emission of what was understood.
 */
const bases = Object.values(cases);
const mutationsOfBytes = 40;
const mutationsOfModels = 25;
const numbers = [-(2 ** 62), -7, -2, -1, 0, 1, 2, 3, 5, 64, 1e6, 2 ** 31, Number.MAX_SAFE_INTEGER];

type Random = () => number;
const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

/** Bytes with a few of them changed, put in, taken out or cut off. */
function mutatedBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const out = [...bytes];
  for (let count = 1 + Math.floor(random() * 3); count > 0; count--) {
    const at = Math.floor(random() * out.length);
    const kind = random();
    if (kind < 0.6) out[at] = Math.floor(random() * 256);
    else if (kind < 0.75) out.splice(at, 1);
    else if (kind < 0.9) out.splice(at, 0, Math.floor(random() * 256));
    else out.splice(at);
  }
  return Uint8Array.from(out);
}

const operators = [...new Set(bases.flatMap((m) => m.graph.nodes.map((n) => n.opType)))];

function mutatedAttribute(attribute: OnnxAttribute, random: Random): OnnxAttribute {
  if (attribute.type === 'int') return { type: 'int', value: pick(random, numbers) };
  if (attribute.type === 'float')
    return { type: 'float', value: pick(random, [...numbers, Number.NaN, Infinity]) };
  if (attribute.type === 'ints') {
    const value = attribute.value.map((v) => (random() < 0.5 ? v : pick(random, numbers)));
    return { type: 'ints', value: random() < 0.3 ? [...value, 1] : value };
  }
  return { type: 'int', value: 1 };
}

function mutatedNode(node: OnnxNode, names: readonly string[], random: Random): OnnxNode {
  const kind = random();
  if (kind < 0.3) return { ...node, opType: pick(random, operators) };
  if (kind < 0.6)
    return { ...node, inputs: node.inputs.map((name) => (random() < 0.5 ? name : pick(random, names))) };
  if (kind < 0.7) return { ...node, inputs: node.inputs.slice(1) };
  const attributes = Object.entries(node.attributes).map(
    ([name, a]) => [name, mutatedAttribute(a, random)] as const,
  );
  return { ...node, attributes: Object.fromEntries(attributes) };
}

function mutatedTensor(t: OnnxTensor, random: Random): OnnxTensor {
  const kind = random();
  if (kind < 0.5) {
    const data = t.data.slice();
    for (let i = 0; i < data.length; i++) if (random() < 0.1) data[i] = Math.floor(random() * 256);
    return { ...t, data };
  }
  if (kind < 0.75) return { ...t, dims: [1, ...t.dims] };
  return { ...t, dims: [...t.dims].reverse() };
}

/** A well-formed model with wrong operators, wires, attributes or tensors. */
function mutatedModel(model: OnnxModel, random: Random): OnnxModel {
  const { nodes, initializers, inputs } = model.graph;
  const names = ['', ...inputs, ...initializers].map((n) => (typeof n === 'string' ? n : n.name));
  const [changesNode, at] = [random() < 0.7, random()];
  const change = <T>(list: readonly T[], fn: (x: T) => T) =>
    list.map((x, i) => (i === Math.floor(at * list.length) ? fn(x) : x));
  const graph = changesNode
    ? { ...model.graph, nodes: change(nodes, (n) => mutatedNode(n, names, random)) }
    : { ...model.graph, initializers: change(initializers, (t) => mutatedTensor(t, random)) };
  const version = random() < 0.2 ? pick(random, [7, 9, 10, 11, 12, 13, 18, 24]) : undefined;
  return {
    ...model,
    graph,
    ...(version && { opsets: model.opsets.map((o) => ({ ...o, version: o.domain ? 1 : version })) }),
  };
}

const isClear = (error: unknown) => error instanceof ModelFileError || error instanceof ShapeError;

/** Imports, traces and, if nothing in it is large, runs a model. Tells how far it came. */
async function attempt(source: Uint8Array | OnnxModel, shapes: ReadonlyMap<string, Type>): Promise<string> {
  try {
    const model = importOnnx(source);
    const inputs = Object.fromEntries(
      model.inputs.map(({ name, dtype }) => [name, { dtype, shape: shapes.get(name)?.shape ?? [] }] as const),
    );
    const fn = (given: Record<string, Value>): Record<string, Value> => model.apply({}, given);
    const { graph } = trace(fn as (...args: never[]) => unknown, [inputs]);
    const sizes = reachable(graph.outputs).flatMap((n) => n.outputs.map((v) => sizeOf(v.shape)));
    if (sizes.some((n) => n > 1e6)) return 'large';
    const run = jit(fn, { threads: 1 });
    const zeros = Object.entries(inputs).map(([name, t]) => [name, zerosTensor(t.shape, t.dtype)] as const);
    try {
      await run(Object.fromEntries(zeros));
      return 'run';
    } catch (error) {
      if (isClear(error)) throw error;
      // What depends on values, such as an index out of range, is found by the runtime as it runs.
      expect((error as Error).message).toMatch(/^\w+ failed when it was run: /);
      return 'failed';
    } finally {
      await run.dispose();
    }
  } catch (error) {
    if (!isClear(error)) throw error;
    expect((error as Error).message).not.toMatch(/undefined|\[object|stack/);
    return 'refused';
  }
}

test.each([
  ['bytes', mutationsOfBytes, (m: OnnxModel, random: Random) => mutatedBytes(encodeModel(m), random)],
  ['models', mutationsOfModels, mutatedModel],
] as const)('mutated %s are imported or refused', async (_, count, mutate) => {
  const outcomes = new Map<string, number>();
  for (const [b, base] of bases.entries()) {
    const shapes = new Map(
      inputShapes(base).map(([name, shape]) => [name, { dtype: 'float32', shape } as const]),
    );
    for (let i = 0; i < count; i++) {
      const outcome = await attempt(mutate(base, randomFrom(1000 * b + i)), shapes);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
  }
  expect(outcomes.get('run')).toBeGreaterThan(0);
  expect(outcomes.get('refused')).toBeGreaterThan(0);
});
