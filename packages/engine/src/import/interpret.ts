import { ShapeError } from '../graph/errors.js';
import type { Tensor } from '../graph/tensor.js';
import type { Value } from '../graph/value.js';
import { inPlace, ModelFileError, nodePlace } from '../onnx/errors.js';
import type { OnnxFunction, OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from '../onnx/model.js';
import { constant } from '../ops/apply.js';
import { Call } from './call.js';
import { heldBy } from './held.js';
import { domainOf, operatorName, versionsOf } from './operator-sets.js';
import { Scope } from './scope.js';
import { bodyPath, functionKey, functionsOf } from './survey.js';
import { ruleFor } from './table.js';
import { toTensor } from './tensors.js';

/** Nodes that one trace may run, with loops unrolled: far beyond real models. */
const maxNodes = 1_000_000;

/** Computes values of a model's graph from its inputs and parameters, in our operators. */
export type Interpreter = (
  inputs: ReadonlyMap<string, Value>,
  params: ReadonlyMap<string, Value>,
  outputs: readonly string[],
) => Value[];

/** What surrounds a node: the operator sets, and the attributes of the call of the function that it stands in. */
interface Surroundings {
  readonly versions: ReadonlyMap<string, number>;
  readonly attributes: OnnxNode['attributes'];
}

/**
 * An interpreter of the given nodes of a validated model. It adds to the current trace.
 * Errors name the node at fault: `ModelFileError` for faults of the model, `ShapeError` for shapes that do not fit.
 */
export function interpreter(model: OnnxModel, nodes: readonly OnnxNode[]): Interpreter {
  const functions = functionsOf(model);
  const whole: Surroundings = { versions: versionsOf(model.opsets), attributes: {} };
  // Constants keep their identity from trace to trace, and are converted once.
  const tensors = new WeakMap<OnnxTensor, Tensor>();
  const dataOf = (t: OnnxTensor): Tensor => {
    let known = tensors.get(t);
    if (!known) {
      known = toTensor(t);
      tensors.set(t, known);
    }
    return known;
  };

  return (inputs, params, outputs) => {
    let left = maxNodes;

    const stored = (path: string, t: OnnxTensor): Value => params.get(path) ?? constant(dataOf(t));

    const runNodes = (nodes: readonly OnnxNode[], scope: Scope, around: Surroundings): void => {
      for (const node of nodes) {
        if (--left < 0) throw new ModelFileError(`loops and functions run more than ${maxNodes} nodes`);
        try {
          runNode(node, scope, around);
        } catch (error) {
          throw placed(error, node);
        }
      }
    };

    const runNode = (node: OnnxNode, scope: Scope, around: Surroundings): void => {
      const own = withReferences(node, around.attributes);
      const values = node.inputs.map((name) => (name === '' ? undefined : scope.get(name)));
      const definition = functions.get(functionKey(node, node.opType));
      const results = definition
        ? runFunction(definition, own, values, scope)
        : runOperator(own, values, scope, around);
      node.outputs.forEach((name, i) => {
        if (name === '') return;
        if (results[i]) scope.set(name, results[i]);
        else scope.setMissing(name);
      });
    };

    const runOperator = (
      node: OnnxNode,
      values: readonly (Value | undefined)[],
      scope: Scope,
      around: Surroundings,
    ): readonly (Value | undefined)[] => {
      const operator = operatorName(node);
      const rule = ruleFor(operator);
      if (!rule) throw new ModelFileError(`operator that is not supported: ${operator}`);
      const call = new Call(
        node,
        around.versions.get(domainOf(node)) ?? 1,
        values,
        (attribute, inputs) =>
          runBody(
            call.graph(attribute),
            inputs,
            new Scope(scope, bodyPath(scope.path, node, attribute)),
            around,
          ),
        (part) => {
          const found = heldBy(node).find((h) => h.part === part);
          return found && stored(scope.path + found.name, found.tensor);
        },
      );
      const result = rule(call);
      return Array.isArray(result) ? result : [result as Value];
    };

    const runFunction = (
      definition: OnnxFunction,
      node: OnnxNode,
      values: readonly (Value | undefined)[],
      scope: Scope,
    ): (Value | undefined)[] => {
      const inner = new Scope(undefined, bodyPath(scope.path, node, definition.name));
      definition.inputs.forEach((name, i) => {
        inner.set(name, values[i]);
      });
      const versions = new Map([...whole.versions, ...versionsOf(definition.opsets)]);
      const attributes = { ...definition.attributeDefaults, ...node.attributes };
      runNodes(definition.nodes, inner, { versions, attributes });
      return definition.outputs.map((name) => inner.get(name));
    };

    const runBody = (
      graph: OnnxGraph,
      values: readonly Value[],
      scope: Scope,
      around: Surroundings,
    ): Value[] => {
      if (values.length !== graph.inputs.length) {
        throw new ModelFileError(`body with ${graph.inputs.length} inputs where ${values.length} are needed`);
      }
      for (const t of graph.initializers) scope.setLater(t.name, () => stored(scope.path + t.name, t));
      graph.inputs.forEach(({ name }, i) => {
        scope.set(name, values[i]);
      });
      runNodes(graph.nodes, scope, around);
      return graph.outputs.map(({ name }) => produced(scope, name));
    };

    const top = new Scope();
    for (const t of model.graph.initializers) top.setLater(t.name, () => stored(t.name, t));
    for (const [name, value] of inputs) top.set(name, value);
    runNodes(nodes, top, whole);
    return outputs.map((name) => produced(top, name));
  };
}

function produced(scope: Scope, name: string): Value {
  const value = scope.get(name);
  if (!value) throw new ModelFileError(`output that nothing produces: '${name}'`);
  return value;
}

/** A node with the attributes that it takes from the call of its function. */
function withReferences(node: OnnxNode, attributes: OnnxNode['attributes']): OnnxNode {
  if (!node.attributeReferences) return node;
  const own = { ...node.attributes };
  for (const [name, { name: source }] of Object.entries(node.attributeReferences)) {
    if (Object.hasOwn(attributes, source) && attributes[source]) own[name] = attributes[source];
  }
  return { ...node, attributes: own };
}

/** An error with the name of the node at fault. */
function placed(error: unknown, node: OnnxNode): unknown {
  if (error instanceof ModelFileError) return inPlace(error, nodePlace(node));
  if (error instanceof ShapeError || error instanceof RangeError) {
    return new ShapeError(`${error.message} (${nodePlace(node)})`);
  }
  return error;
}
