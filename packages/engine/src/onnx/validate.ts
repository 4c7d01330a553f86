import { ModelFileError, nodePlace } from './errors.js';
import { checkFunctionCalls } from './function-calls.js';
import type { OnnxFunction, OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from './model.js';

/** Names that a graph can use: its own, and those of the graphs around it. */
interface Scope {
  readonly names: Set<string>;
  readonly outer: Scope | undefined;
}

/**
 * Checks that a decoded model's wiring can be followed without surprises: every name is defined once and before its
 * use (so that there is no cycle), functions don't call themselves and don't expand without bound, and every tensor
 * has its data. External data must have been read before, by `readExternalData`; here it is refused.
 * Throws `ModelFileError` with the name of the node at fault. What operators demand of their inputs isn't checked.
 */
export function validateModel(model: OnnxModel): void {
  const versions = new Map<string, number>();
  for (const { domain, version } of model.opsets) {
    // Some exporters say the same twice.
    if ((versions.get(domain) ?? version) !== version) {
      throw new ModelFileError(`operator set imported in two versions: '${domain}'`);
    }
    versions.set(domain, version);
  }
  checkFunctionCalls(model);
  checkGraph(model.graph, undefined, false);
  for (const definition of model.functions ?? []) checkFunction(definition);
}

function checkGraph(graph: OnnxGraph, outer: Scope | undefined, inFunction: boolean): void {
  const place = `graph '${graph.name}'`;
  const scope: Scope = { names: new Set(), outer };
  for (const { name } of graph.inputs) define(scope, name, 'input', place);
  const initialized = new Set<string>();
  for (const tensor of graph.initializers) {
    checkData(tensor, place);
    if (initialized.has(tensor.name))
      throw new ModelFileError(`initializer defined twice: '${tensor.name}' (${place})`);
    initialized.add(tensor.name);
    // An initializer with an input's name is that input's default.
    scope.names.add(tensor.name);
  }
  checkNodes(graph.nodes, scope, inFunction);
  for (const { name } of graph.outputs) {
    if (!isDefined(scope, name))
      throw new ModelFileError(`output that nothing produces: '${name}' (${place})`);
  }
}

function checkFunction(definition: OnnxFunction): void {
  const place = `function '${definition.name}'`;
  const scope: Scope = { names: new Set(), outer: undefined };
  for (const name of definition.inputs) define(scope, name, 'input', place);
  checkNodes(definition.nodes, scope, true);
  for (const name of definition.outputs) {
    if (!isDefined(scope, name))
      throw new ModelFileError(`output that nothing produces: '${name}' (${place})`);
  }
}

function checkNodes(nodes: readonly OnnxNode[], scope: Scope, inFunction: boolean): void {
  for (const node of nodes) {
    const place = nodePlace(node);
    for (const name of node.inputs) {
      if (name !== '' && !isDefined(scope, name)) throw undefinedInput(name, nodes, place);
    }
    if (node.attributeReferences !== undefined && !inFunction) {
      throw new ModelFileError(`attribute reference outside a function (${place})`);
    }
    for (const attribute of Object.values(node.attributes)) {
      if (attribute.type === 'graph') checkGraph(attribute.value, scope, inFunction);
      else if (attribute.type === 'graphs')
        for (const graph of attribute.value) checkGraph(graph, scope, inFunction);
      else if (attribute.type === 'tensor') checkData(attribute.value, place);
      else if (attribute.type === 'tensors') for (const tensor of attribute.value) checkData(tensor, place);
    }
    for (const name of node.outputs) if (name !== '') define(scope, name, 'output', place);
  }
}

function undefinedInput(name: string, nodes: readonly OnnxNode[], place: string): ModelFileError {
  const producer = nodes.find((node) => node.outputs.includes(name));
  return new ModelFileError(
    producer === undefined
      ? `input that nothing produces: '${name}' (${place})`
      : `input used before it is produced: '${name}' (${place}; by ${nodePlace(producer)}): a cycle, or nodes out of order`,
  );
}

function define(scope: Scope, name: string, kind: string, place: string): void {
  if (name === '') throw new ModelFileError(`${kind} without a name (${place})`);
  if (scope.names.has(name)) throw new ModelFileError(`${kind} defined twice: '${name}' (${place})`);
  scope.names.add(name);
}

function isDefined(scope: Scope | undefined, name: string): boolean {
  return scope !== undefined && (scope.names.has(name) || isDefined(scope.outer, name));
}

function checkData(tensor: OnnxTensor, place: string): void {
  if (tensor.external === undefined) return;
  throw new ModelFileError(
    `data in another file: '${tensor.external.location}' (tensor '${tensor.name}', ${place}); refused unless it was asked for`,
  );
}
