import { inPlace, ModelFileError } from './errors.js';
import type { OnnxAttribute, OnnxGraph, OnnxNode } from './model.js';
import { ATTRIBUTE, type AttributeProto, type GraphProto } from './schema.js';
import { fromTensorProto, toTensorProto } from './tensor.js';
import { decodeUtf8, encodeUtf8 } from './wire.js';

/** AttributeProto.AttributeType. */
const TYPE_CODES: Readonly<Record<OnnxAttribute['type'], number>> = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
};
const TYPES = new Map(
  (Object.keys(TYPE_CODES) as OnnxAttribute['type'][]).map((type) => [TYPE_CODES[type], type]),
);

/** Sparse tensors and types, alone and in lists. */
const OPAQUE_TYPE_CODES: readonly number[] = [11, 12, 13, 14];

const EMPTY = ATTRIBUTE.decode(new Uint8Array(0));

type NodeAttributes = Pick<OnnxNode, 'attributes' | 'attributeReferences' | 'opaqueAttributes'>;

/** Sorts a node's attributes by name into values, references and opaque ones. Throws `ModelFileError`. */
export function fromAttributeProtos(
  protos: readonly AttributeProto[],
  fromGraphProto: (graph: GraphProto) => OnnxGraph,
): NodeAttributes {
  // Names come from the file: objects without a prototype keep `__proto__` and `constructor` ordinary.
  const attributes: Record<string, OnnxAttribute> = Object.create(null);
  const references: Record<string, { name: string; type: OnnxAttribute['type'] }> = Object.create(null);
  const opaque: Record<string, Uint8Array> = Object.create(null);
  for (const proto of protos) {
    const { name } = proto;
    if (name === '') throw new ModelFileError('attribute without a name');
    if (name in attributes || name in references || name in opaque) {
      throw new ModelFileError(`repeated attribute: '${name}'`);
    }
    const type = TYPES.get(proto.type);
    if (OPAQUE_TYPE_CODES.includes(proto.type)) opaque[name] = ATTRIBUTE.encode(proto);
    else if (type === undefined)
      throw new ModelFileError(`unknown type of attribute '${name}': ${proto.type}`);
    else if (proto.reference !== '') references[name] = { name: proto.reference, type };
    else attributes[name] = fromAttributeProto(proto, type, fromGraphProto);
  }
  return {
    attributes,
    ...(Object.keys(references).length > 0 && { attributeReferences: references }),
    ...(Object.keys(opaque).length > 0 && { opaqueAttributes: opaque }),
  };
}

function fromAttributeProto(
  proto: AttributeProto,
  type: OnnxAttribute['type'],
  fromGraphProto: (graph: GraphProto) => OnnxGraph,
): OnnxAttribute {
  const place = `attribute '${proto.name}'`;
  try {
    switch (type) {
      case 'int':
        return { type, value: proto.int ?? 0 };
      case 'float':
        return { type, value: proto.float ?? 0 };
      case 'string':
        return { type, value: proto.string === undefined ? '' : decodeUtf8(proto.string) };
      case 'tensor':
        if (proto.tensor === undefined) throw new ModelFileError('attribute without its tensor');
        return { type, value: fromTensorProto(proto.tensor, 'unnamed tensor') };
      case 'graph':
        if (proto.graph === undefined) throw new ModelFileError('attribute without its graph');
        return { type, value: fromGraphProto(proto.graph) };
      case 'ints':
        return { type, value: proto.ints };
      case 'floats':
        return { type, value: proto.floats };
      case 'strings':
        return { type, value: proto.strings.map(decodeUtf8) };
      case 'tensors':
        return { type, value: proto.tensors.map((tensor) => fromTensorProto(tensor, 'unnamed tensor')) };
      case 'graphs':
        return { type, value: proto.graphs.map(fromGraphProto) };
    }
  } catch (error) {
    throw inPlace(error, place);
  }
}

/** The attributes of a node as it is written to a file. */
export function toAttributeProtos(
  node: NodeAttributes,
  toGraphProto: (graph: OnnxGraph) => GraphProto,
): AttributeProto[] {
  const protos: AttributeProto[] = [];
  for (const [name, attribute] of Object.entries(node.attributes)) {
    const value = attributeFields(attribute, toGraphProto);
    protos.push({ ...EMPTY, ...value, name, type: TYPE_CODES[attribute.type] });
  }
  for (const [name, reference] of Object.entries(node.attributeReferences ?? {})) {
    protos.push({ ...EMPTY, name, type: TYPE_CODES[reference.type], reference: reference.name });
  }
  for (const bytes of Object.values(node.opaqueAttributes ?? {})) protos.push(ATTRIBUTE.decode(bytes));
  return protos;
}

function attributeFields(
  attribute: OnnxAttribute,
  toGraphProto: (graph: OnnxGraph) => GraphProto,
): Partial<AttributeProto> {
  switch (attribute.type) {
    case 'int':
      return { int: attribute.value };
    case 'float':
      return { float: attribute.value };
    case 'string':
      return { string: encodeUtf8(attribute.value) };
    case 'tensor':
      return { tensor: toTensorProto(attribute.value) };
    case 'graph':
      return { graph: toGraphProto(attribute.value) };
    case 'ints':
      return { ints: [...attribute.value] };
    case 'floats':
      return { floats: [...attribute.value] };
    case 'strings':
      return { strings: attribute.value.map(encodeUtf8) };
    case 'tensors':
      return { tensors: attribute.value.map(toTensorProto) };
    case 'graphs':
      return { graphs: attribute.value.map(toGraphProto) };
  }
}
