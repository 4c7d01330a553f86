import type { OnnxGraph, OnnxNode } from '../onnx/model.js';

/**
 * A graph without nodes that only rename, whose nodes are called by their operator and a number, and whose inputs,
 * parameters and outputs have given names.
 *
 * @param names final names by those that the graph uses; other values are named after the nodes that make them
 */
export function tidy(graph: OnnxGraph, names: ReadonlyMap<string, string>): OnnxGraph {
  const made = new Set(graph.nodes.filter((n) => !isRename(n)).flatMap((n) => n.outputs));
  const outputs = new Set(graph.outputs.map((o) => o.name));
  const final = new Map(names);
  const aliases = new Map<string, string>();
  const source = (name: string) => aliases.get(name) ?? name;
  const taken = new Set(names.values());
  const kept = graph.nodes.filter((node) => {
    if (!isRename(node)) return true;
    const [from, to] = [source(node.inputs[0]!), node.outputs[0]!];
    if (!outputs.has(to)) {
      aliases.set(to, from);
      return false;
    }
    // An output must be what a node makes; a value that is two outputs has only one name of its own.
    if (!made.has(from) || final.has(from)) return true;
    final.set(from, final.get(to)!);
    return false;
  });

  const counts = new Map<string, number>();
  const numbered = (kind: string): string => {
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    const name = `${kind}_${count}`;
    return taken.has(name) ? numbered(kind) : name;
  };
  const initializers = graph.initializers.map((tensor) => {
    const name = final.get(tensor.name) ?? numbered('constant');
    final.set(tensor.name, name);
    return { ...tensor, name };
  });
  const nodes = kept.map((node): OnnxNode => {
    const name = numbered(node.opType);
    node.outputs.forEach((output, i) => {
      if (!final.has(output)) final.set(output, node.outputs.length === 1 ? name : `${name}.${i}`);
    });
    return {
      ...node,
      name,
      inputs: node.inputs.map((input) => (input === '' ? '' : final.get(source(input))!)),
      outputs: node.outputs.map((output) => final.get(output)!),
    };
  });
  const renamed = <T extends { readonly name: string }>(infos: readonly T[]) =>
    infos.map((info) => ({ ...info, name: final.get(info.name)! }));
  return { ...graph, nodes, initializers, inputs: renamed(graph.inputs), outputs: renamed(graph.outputs) };
}

function isRename(node: OnnxNode): boolean {
  return node.opType === 'Identity' && node.domain === '';
}
