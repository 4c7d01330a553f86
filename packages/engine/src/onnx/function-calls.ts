import { ModelFileError } from './errors.js';
import type { OnnxFunction, OnnxModel, OnnxNode } from './model.js';

/** Far beyond real models; functions that each call the next one twice pass it after twenty. */
const MAX_EXPANDED_NODES = 1_000_000;

const identity = (call: { domain: string; overload?: string }, name: string): string =>
  JSON.stringify([call.domain, name, call.overload ?? '']);

/**
 * Checks that a model's functions can be expanded in place: none is defined twice or calls itself, even indirectly,
 * and the expanded model stays below a million nodes. Throws `ModelFileError`.
 */
export function checkFunctionCalls(model: OnnxModel): void {
  const definitions = new Map<string, OnnxFunction>();
  for (const definition of model.functions ?? []) {
    const key = identity(definition, definition.name);
    if (definitions.has(key)) throw new ModelFileError(`function defined twice: '${definition.name}'`);
    definitions.set(key, definition);
  }
  const sizes = new Map<string, number | 'in progress'>();

  function expandedSize(nodes: readonly OnnxNode[]): number {
    let size = 0;
    for (const node of nodes) {
      const key = identity(node, node.opType);
      const definition = definitions.get(key);
      size += definition === undefined ? 1 : functionSize(key, definition);
      for (const attribute of Object.values(node.attributes)) {
        if (attribute.type === 'graph') size += expandedSize(attribute.value.nodes);
        if (attribute.type === 'graphs')
          for (const graph of attribute.value) size += expandedSize(graph.nodes);
      }
    }
    if (size > MAX_EXPANDED_NODES) {
      throw new ModelFileError(
        `functions expand to too many nodes: ${size}, the limit is ${MAX_EXPANDED_NODES}`,
      );
    }
    return size;
  }

  function functionSize(key: string, definition: OnnxFunction): number {
    const known = sizes.get(key);
    if (known === 'in progress') throw new ModelFileError(`function that calls itself: '${definition.name}'`);
    if (known !== undefined) return known;
    sizes.set(key, 'in progress');
    const size = 1 + expandedSize(definition.nodes);
    sizes.set(key, size);
    return size;
  }

  for (const [key, definition] of definitions) functionSize(key, definition);
  expandedSize(model.graph.nodes);
}
