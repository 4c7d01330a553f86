import { ModelFileError } from '../onnx/errors.js';
import type { OnnxFunction, OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from '../onnx/model.js';
import { heldBy } from './held.js';
import { domainOf, operatorName, versionsOf } from './operator-sets.js';
import { ruleFor } from './table.js';

/** One place that takes a tensor: an operator and the index of its input. */
export interface Use {
  readonly operator: string;
  readonly input: number;
}

/** A tensor of the file with its path, which is its name behind those of the calls and branches that it stands in. */
export interface Stored {
  readonly path: string;
  readonly tensor: OnnxTensor;
  /** Whether it is an initializer, not the content of a `Constant` node. */
  readonly initializer: boolean;
  readonly uses: Use[];
}

/** What a model is made of, before it is run. */
export interface Survey {
  readonly stored: readonly Stored[];
  /** How many nodes there are of each operator, those in functions counted at every call. */
  readonly operators: ReadonlyMap<string, number>;
  /** Names of the nodes of each operator that has no rule. */
  readonly unsupported: ReadonlyMap<string, readonly string[]>;
}

type Names = Map<string, Stored | undefined>;

/** A function's key among those of a model. */
export function functionKey(
  f: { readonly domain: string; readonly overload?: string },
  name: string,
): string {
  return JSON.stringify([domainOf(f), name, f.overload ?? '']);
}

/** A model's functions by key. */
export function functionsOf(model: OnnxModel): ReadonlyMap<string, OnnxFunction> {
  return new Map((model.functions ?? []).map((f) => [functionKey(f, f.name), f]));
}

/** Path of the things in the body of a call or branch. */
export function bodyPath(path: string, node: OnnxNode, part: string): string {
  return `${path}${node.name || node.outputs[0]}/${part}/`;
}

/** Nodes of a graph on which some of its values depend. */
export function neededNodes(graph: OnnxGraph, outputs: readonly string[]): OnnxNode[] {
  const wanted = new Set(outputs);
  const needed: OnnxNode[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((name) => wanted.has(name))) continue;
    needed.push(node);
    for (const name of namesUsedBy(node)) wanted.add(name);
  }
  return needed.reverse();
}

/** Names that a node takes, those that its bodies take from around them included. */
function namesUsedBy(node: OnnxNode): string[] {
  const bodies = bodiesOf(node).flatMap(([, graph]) => [
    ...graph.nodes.flatMap(namesUsedBy),
    ...graph.outputs.map(({ name }) => name),
  ]);
  return [...node.inputs, ...bodies];
}

function bodiesOf(node: OnnxNode): [string, OnnxGraph][] {
  return Object.entries(node.attributes).flatMap(([name, attribute]): [string, OnnxGraph][] =>
    attribute.type === 'graph' ? [[name, attribute.value]] : [],
  );
}

/** Walks through the nodes that are needed, and through all functions and branches. Throws `ModelFileError`. */
export function survey(model: OnnxModel, needed: readonly OnnxNode[]): Survey {
  const functions = functionsOf(model);
  const stored: Stored[] = [];
  const operators = new Map<string, number>();
  const unsupported = new Map<string, string[]>();

  const store = (path: string, tensor: OnnxTensor, initializer: boolean): Stored => {
    const found = { path, tensor, initializer, uses: [] };
    stored.push(found);
    return found;
  };
  const find = (scopes: readonly Names[], name: string) => scopes.find((s) => s.has(name))?.get(name);

  const walkGraph = (
    graph: OnnxGraph,
    nodes: readonly OnnxNode[],
    outer: readonly Names[],
    path: string,
  ): void => {
    const names: Names = new Map(graph.inputs.map(({ name }) => [name, undefined]));
    for (const tensor of graph.initializers) names.set(tensor.name, store(path + tensor.name, tensor, true));
    walk(nodes, [names, ...outer], path);
  };

  const walk = (nodes: readonly OnnxNode[], scopes: readonly Names[], path: string): void => {
    for (const node of nodes) {
      const definition = functions.get(functionKey(node, node.opType));
      const inputs = node.inputs.map((name) => (name === '' ? undefined : find(scopes, name)));
      if (definition) {
        versionsOf(definition.opsets);
        const names: Names = new Map(definition.inputs.map((name, i) => [name, inputs[i]]));
        walk(definition.nodes, [names], bodyPath(path, node, definition.name));
      } else {
        const operator = operatorName(node);
        operators.set(operator, (operators.get(operator) ?? 0) + 1);
        if (!ruleFor(operator)) {
          unsupported.set(operator, [
            ...(unsupported.get(operator) ?? []),
            path + (node.name || node.outputs[0]),
          ]);
        }
        inputs.forEach((source, input) => {
          source?.uses.push({ operator, input });
        });
      }
      for (const [name, body] of bodiesOf(node))
        walkGraph(body, body.nodes, scopes, bodyPath(path, node, name));
      const held = heldBy(node).map((h) => ({ ...h, stored: store(path + h.name, h.tensor, false) }));
      // What a linear model holds is used by itself, as the operands of a product are.
      for (const { part, stored } of held)
        if (part !== 'value') stored.uses.push({ operator: 'Gemm', input: 1 });
      const content = held.find(({ part }) => part === 'value')?.stored;
      for (const name of node.outputs) scopes[0]!.set(name, content);
    }
  };

  if (!versionsOf(model.opsets).has('')) throw new ModelFileError('a model without an operator set of ONNX');
  walkGraph(model.graph, needed, [], '');
  return { stored, operators, unsupported };
}
