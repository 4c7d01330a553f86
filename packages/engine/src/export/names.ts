import type { OnnxGraph } from '../onnx/model.js';

/** Returns a function that gives names which no value of the graph has, by adding a number where one is taken. */
export function freshNames(graph: OnnxGraph): (wanted: string) => string {
  const taken = new Set([
    ...graph.inputs.map((info) => info.name),
    ...graph.initializers.map((tensor) => tensor.name),
    ...graph.nodes.flatMap((node) => node.outputs),
  ]);
  return (wanted) => {
    let name = wanted;
    for (let i = 2; taken.has(name); i++) name = `${wanted}_${i}`;
    taken.add(name);
    return name;
  };
}
