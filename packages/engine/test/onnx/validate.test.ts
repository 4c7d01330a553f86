import { describe, expect, test } from 'vitest';
import { ModelFileError } from '../../src/onnx/errors.js';
import { DataType, type OnnxFunction, type OnnxModel } from '../../src/onnx/proto.js';
import { validateModel } from '../../src/onnx/validate.js';
import { graph, model, node, tensor } from './models.js';

const refused = (of: OnnxModel, message: string) => {
  expect(() => validateModel(of)).toThrow(ModelFileError);
  expect(() => validateModel(of)).toThrow(message);
};

const value = (name: string) => ({ name, dataType: DataType.FLOAT, shape: undefined });

test('a chain with an initializer, a default input and an omitted input', () => {
  const nodes = [node('Clip', ['x', '', 'w'], ['h', '']), node('Add', ['h', 'd'], ['y'])];
  const inputs = [value('x'), value('d')];
  validateModel(model(graph(nodes, { inputs, initializers: [tensor('w', 1), tensor('d', 1)] })));
});

describe('wiring', () => {
  test('undefined input', () => {
    refused(
      model(graph([node('Neg', ['z'], ['y'], { name: 'n' })])),
      "input that nothing produces: 'z' (node 'n' (Neg))",
    );
  });
  test('cycle', () => {
    const nodes = [node('Add', ['x', 'b'], ['a']), node('Neg', ['a'], ['b']), node('Neg', ['b'], ['y'])];
    refused(
      model(graph(nodes)),
      "input used before it is produced: 'b' (node 'a' (Add); by node 'b' (Neg)): a cycle",
    );
  });
  test('a node that uses its own output', () => {
    refused(model(graph([node('Neg', ['y'], ['y'])])), 'a cycle');
  });
  test('defined twice', () => {
    refused(
      model(graph([node('Neg', ['x'], ['y']), node('Abs', ['x'], ['y'])])),
      "output defined twice: 'y' (node 'y' (Abs))",
    );
    refused(model(graph([node('Neg', ['x'], ['x'])])), "output defined twice: 'x'");
    refused(model(graph([], { inputs: [value('y'), value('y')] })), "input defined twice: 'y'");
    refused(
      model(graph([], { initializers: [tensor('y', 1), tensor('y', 1)] })),
      "initializer defined twice: 'y'",
    );
    refused(
      model(graph([node('Neg', ['x'], ['w'])], { initializers: [tensor('w', 1)] })),
      "output defined twice: 'w'",
    );
  });
  test('graph output that nothing produces', () => {
    refused(model(graph([])), "output that nothing produces: 'y' (graph 'g')");
  });
  test('operator set twice', () => {
    const opsets = [
      { domain: '', version: 1 },
      { domain: '', version: 2 },
    ];
    refused(model(graph([node('Neg', ['x'], ['y'])]), { opsets }), 'operator set imported in two versions');
    const [first] = opsets;
    validateModel(model(graph([node('Neg', ['x'], ['y'])]), { opsets: [first!, first!] }));
  });
});

describe('nested graphs', () => {
  const branch = (input: string) =>
    graph([node('Neg', [input], ['n'])], { inputs: [], outputs: [value('n')] });
  const conditional = (input: string, before: string) =>
    model(
      graph([
        node('Abs', ['x'], [before]),
        node('If', ['x'], ['y'], { attributes: { body: { type: 'graph', value: branch(input) } } }),
      ]),
    );

  test('see the names around them, so far', () => {
    validateModel(conditional('h', 'h'));
    refused(conditional('h', 'other'), "input that nothing produces: 'h' (node 'n' (Neg))");
    refused(conditional('y', 'h'), "input that nothing produces: 'y'");
  });
  test('keep their names to themselves', () => {
    const nodes = [
      node('If', ['x'], ['a'], { attributes: { body: { type: 'graph', value: branch('x') } } }),
      node('Neg', ['n'], ['y']),
    ];
    refused(model(graph(nodes)), "input that nothing produces: 'n' (node 'y' (Neg))");
  });
});

test('external data is refused, also in attributes', () => {
  const external = { ...tensor('w', 1), data: new Uint8Array(0), external: { location: 'w.bin', offset: 0 } };
  refused(
    model(graph([node('Neg', ['x'], ['y'])], { initializers: [external] })),
    "data in another file: 'w.bin' (tensor 'w', graph 'g')",
  );
  const attributes = { value: { type: 'tensor', value: external } } as const;
  refused(model(graph([node('Constant', [], ['y'], { attributes })])), "(tensor 'w', node 'y' (Constant))");
});

describe('functions', () => {
  const definition = (name: string, ...calls: string[]): OnnxFunction => ({
    domain: 'local',
    name,
    inputs: ['a'],
    outputs: ['b'],
    attributes: ['alpha'],
    attributeDefaults: {},
    nodes: [
      node('Gelu', ['a'], ['b'], { attributeReferences: { alpha: { name: 'alpha', type: 'float' } } }),
      ...calls.map((callee, index) => node(callee, ['a'], [`c${index}`], { domain: 'local' })),
    ],
    opsets: [{ domain: '', version: 20 }],
  });
  const calling = (...functions: OnnxFunction[]) =>
    model(graph([node('F0', ['x'], ['y'], { domain: 'local' })]), { functions });

  test('may call each other', () => validateModel(calling(definition('F0', 'F1', 'F1'), definition('F1'))));
  test('must not call themselves', () => {
    refused(calling(definition('F0', 'F1'), definition('F1', 'F0')), "function that calls itself: 'F0'");
  });
  test('must not be defined twice', () =>
    refused(calling(definition('F0'), definition('F0')), 'function defined twice'));
  test('must not expand without bound', () => {
    const chain = Array.from({ length: 40 }, (_, index) =>
      definition(`F${index}`, `F${index + 1}`, `F${index + 1}`),
    );
    refused(calling(...chain), 'functions expand to too many nodes');
  });
  test('are wired like graphs', () => {
    refused(
      calling({ ...definition('F0'), outputs: ['z'] }),
      "output that nothing produces: 'z' (function 'F0')",
    );
    refused(calling({ ...definition('F0'), inputs: [] }), "input that nothing produces: 'a'");
  });
  test('alone refer to attributes of their call', () => {
    refused(
      model(graph(definition('F0').nodes.slice(), { inputs: [value('a')], outputs: [value('b')] })),
      'attribute reference outside a function',
    );
  });
});
