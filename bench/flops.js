import { leavesOf, trace } from '@tutelage/engine';

/**
 * Floating-point operations that the products and convolutions of one training step need: two for each multiply-add forward, and
 * as many again for the gradient of each operand that depends on a parameter. Elementwise work and the update are left out;
 * attention counts in full, masked or not.
 */
export function flopsOfStep(loss, params, batch) {
  const { graph } = trace((p, b) => [loss(p, b)].flat()[0], [params, batch]);
  const learned = leavesOf(params).length;
  const depends = new Map();
  let flops = 0;
  for (const node of ordered(graph.outputs)) {
    const moving = node.inputs.map((v) => depends.get(v.node));
    const own = node.op === 'input' && node.attributes.index < learned;
    depends.set(node, own || moving.some(Boolean));
    const products = 1 + moving.slice(0, 2).filter(Boolean).length;
    flops += 2 * multiplyAdds(node) * products;
  }
  return flops;
}

function multiplyAdds({ op, inputs, outputs, attributes }) {
  const size = (v) => v.shape.reduce((a, b) => a * b, 1);
  if (op === 'matmul') return size(outputs[0]) * inputs[0].shape.at(attributes.transA ? -2 : -1);
  if (op === 'gru') return (size(outputs[0]) / inputs[5].shape[1]) * (size(inputs[1]) + size(inputs[2]));
  if (op === 'conv') return (size(outputs[0]) * size(inputs[1])) / inputs[1].shape[0];
  return 0;
}

/** Nodes that the outputs depend on, each after those that it needs. */
function ordered(outputs) {
  const seen = new Set();
  const stack = outputs.map((v) => v.node);
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    for (const input of node.inputs) stack.push(input.node);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
