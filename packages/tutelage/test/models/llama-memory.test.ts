import { mean, random, trace, type Value, valueAndGrad } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { initLlama, type Llama, llama } from '../../src/models/llama.js';

const config = {
  vocabulary: 16,
  width: 32,
  layers: 2,
  heads: 8,
  keyValueHeads: 4,
  intermediate: 128,
  rmsNormEpsilon: 1e-5,
  ropeTheta: 1e4,
};

/** How often attention weights and gates are computed for the loss of two rows and its gradient. */
function computed(length: number): number[] {
  const tokens = { dtype: 'int32', shape: [2, length] } as const;
  const both = valueAndGrad((p: Llama<Value>, ids: Value) => mean(llama(p, config, ids)));
  const { graph } = trace(
    (p: Llama<Value>, ids: Value) => {
      const { value, grad } = both(p, ids);
      return [value, grad];
    },
    [initLlama(random.key(1), config), tokens],
  );
  const nodes = [...nodesOf(graph.outputs)];
  return ['softmax', 'quickGelu'].map((op) => nodes.filter((node) => node.op === op).length);
}

function nodesOf(values: readonly Value[], found = new Set<Value['node']>()): Set<Value['node']> {
  for (const { node } of values) {
    if (found.has(node)) continue;
    found.add(node);
    nodesOf(node.inputs, found);
  }
  return found;
}

test('what layers of long rows would keep too much of is computed again', () => {
  expect(computed(64)).toEqual([2, 2]);
  expect(computed(4096)).toEqual([4, 2]);
  expect(computed(2 ** 18)).toEqual([4, 4]);
});
