import type { OnnxAttribute, OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from './model.js';

/** A copy of the model in which `change` has been applied to every tensor: initializers and attributes, at any depth. */
export function mapTensors(model: OnnxModel, change: (tensor: OnnxTensor) => OnnxTensor): OnnxModel {
  const inGraph = (graph: OnnxGraph): OnnxGraph => ({
    ...graph,
    nodes: graph.nodes.map(inNode),
    initializers: graph.initializers.map(change),
  });
  const inNode = (node: OnnxNode): OnnxNode => ({ ...node, attributes: inAttributes(node.attributes) });
  const inAttributes = (
    attributes: Readonly<Record<string, OnnxAttribute>>,
  ): Record<string, OnnxAttribute> => {
    const changed: Record<string, OnnxAttribute> = Object.create(null);
    for (const [name, attribute] of Object.entries(attributes)) changed[name] = inAttribute(attribute);
    return changed;
  };
  const inAttribute = (attribute: OnnxAttribute): OnnxAttribute => {
    switch (attribute.type) {
      case 'tensor':
        return { type: 'tensor', value: change(attribute.value) };
      case 'tensors':
        return { type: 'tensors', value: attribute.value.map(change) };
      case 'graph':
        return { type: 'graph', value: inGraph(attribute.value) };
      case 'graphs':
        return { type: 'graphs', value: attribute.value.map(inGraph) };
      default:
        return attribute;
    }
  };
  const functions = model.functions?.map((definition) => ({
    ...definition,
    attributeDefaults: inAttributes(definition.attributeDefaults),
    nodes: definition.nodes.map(inNode),
  }));
  return { ...model, graph: inGraph(model.graph), ...(functions && { functions }) };
}
