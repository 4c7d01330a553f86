import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, test } from 'vitest';
import { DataType, type OnnxTensor } from '../../src/onnx/model.js';
import { encodeModel } from '../../src/onnx/proto.js';
import {
  caseNames,
  difference,
  expectAgreement,
  halves,
  loadCase,
  type Plain,
  plain,
} from '../support/onnx-vectors.js';
import exclusions from './runtime.exclusions.json' with { type: 'json' };

/** The runtime's names of element types, and what it holds them in. */
const types: Readonly<Record<number, readonly [Tensor.Type, new (buffer: ArrayBuffer) => Tensor.DataType]>> =
  {
    [DataType.FLOAT]: ['float32', Float32Array],
    [DataType.DOUBLE]: ['float64', Float64Array],
    [DataType.FLOAT16]: ['float16', Uint16Array],
    [DataType.INT8]: ['int8', Int8Array],
    [DataType.INT16]: ['int16', Int16Array],
    [DataType.INT32]: ['int32', Int32Array],
    [DataType.INT64]: ['int64', BigInt64Array],
    [DataType.UINT8]: ['uint8', Uint8Array],
    [DataType.UINT16]: ['uint16', Uint16Array],
    [DataType.UINT32]: ['uint32', Uint32Array],
    [DataType.UINT64]: ['uint64', BigUint64Array],
    [DataType.BOOL]: ['bool', Uint8Array],
  };

function toRuntime(t: OnnxTensor): Tensor {
  if (t.strings) return new Tensor('string', [...t.strings], t.dims);
  const [type, Data] = types[t.dataType]!;
  return new Tensor(type, new Data(t.data.slice().buffer), t.dims);
}

function fromRuntime(t: Tensor): Plain {
  const data = t.data as ArrayLike<number | bigint | string>;
  const elements = t.type === 'float16' ? [...halves(data as Uint16Array)] : Array.from(data);
  return { shape: t.dims, elements };
}

/** What is wrong when a case is read and written by us and run by the runtime. */
async function outcome(name: string): Promise<string | undefined> {
  const loaded = loadCase(name);
  if (!loaded) return 'a sequence or an optional';
  const { inputs, outputs } = loaded.model.graph;
  try {
    const session = await InferenceSession.create(encodeModel(loaded.model), {
      logSeverityLevel: 4,
      intraOpNumThreads: 1,
    });
    try {
      const feeds = inputs.map(({ name }, i) => [name, toRuntime(loaded.inputs[i]!)] as const);
      const results = await session.run(Object.fromEntries(feeds));
      return difference(
        outputs.map((o) => fromRuntime(results[o.name]!)),
        loaded.outputs.map(plain),
      );
    } finally {
      await session.release();
    }
  } catch (error) {
    return (error as Error).message;
  }
}

describe.skipIf(caseNames.length === 0)(
  "ONNX's node cases (skipped where libonnx-testdata isn't installed)",
  () => {
    test('give the stated results when they are read and written here and run by the runtime', async () => {
      await expectAgreement(exclusions, outcome);
    });
  },
);
