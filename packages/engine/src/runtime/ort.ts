import type * as Ort from 'onnxruntime-common';
import type { TypedArray } from '../graph/dtype.js';
import { type Tensor, zerosTensor } from '../graph/tensor.js';
import type { Backend, Session } from './backend.js';
import { hasBlockedKernels } from './blocked.js';

/** The parts of ONNX Runtime's JavaScript interface that `onnxruntime-node` and `onnxruntime-web` share. */
type Runtime = Pick<typeof Ort, 'InferenceSession' | 'Tensor'>;

/**
 * A backend on one of ONNX Runtime's packages. In Node the runtime reads inputs from and writes outputs to our own arrays;
 * in the browser (`writesInPlace` false) it copies them to and from its heap.
 */
export function ortBackend(
  ort: Runtime,
  defaults: Ort.InferenceSession.SessionOptions,
  writesInPlace: boolean,
): Backend {
  let probed: Promise<boolean> | undefined;
  return {
    blocked(device) {
      if (device !== undefined && device !== 'cpu') return Promise.resolve(false);
      probed ??= hasBlockedKernels(ort, defaults);
      return probed;
    },
    async load(model, io, options): Promise<Session> {
      const session = await ort.InferenceSession.create(model as Uint8Array, {
        ...defaults,
        ...(options.threads !== undefined && { intraOpNumThreads: options.threads }),
        ...(options.device !== undefined && { executionProviders: [options.device] }),
      });
      const wrapped = new WeakMap<Tensor, Ort.Tensor>();
      const wrap = (t: Tensor) => {
        const known = wrapped.get(t) ?? new ort.Tensor(t.dtype as 'float32', t.data as Float32Array, t.shape);
        wrapped.set(t, known);
        return known;
      };
      return {
        async run(inputs, into = []) {
          const feeds: Record<string, Ort.Tensor> = {};
          inputs.forEach((t, i) => {
            feeds[io.inputs[i]!] = wrap(t);
          });
          const fetches: Record<string, Ort.Tensor | null> = {};
          const targets = io.outputs.map((name, i) => {
            const type = io.types?.[i];
            const target =
              into[i] ?? (writesInPlace && type ? zerosTensor(type.shape, type.dtype) : undefined);
            fetches[name] = target && writesInPlace ? wrap(target) : null;
            return target;
          });
          const results = await session.run(feeds, fetches).catch((error: unknown) => {
            throw explained(error);
          });
          // What was written in place is not read from the runtime's answer, which is a copy.
          return io.outputs.map(
            (name, i) => (writesInPlace && targets[i]) || received(results[name]!, targets[i]),
          );
        },
        release: () => session.release(),
      };
    },
  };
}

/** What the runtime says of a failed run, without the places in its own sources. */
function explained(error: unknown): unknown {
  const found = /while running (\w+) node.*?Status Message: (.*)/s.exec(String(error));
  if (!found) return error;
  const reason = found[2]!.replace(/^\S+\.(?:cc|h):\d+ .*?\)(?: \[with [^\]]*\])? /s, '').trim();
  return new Error(`${found[1]} failed when it was run: ${reason}`);
}

/** The runtime's answer in the target's memory, copied there unless the runtime has written it in place. */
function received(result: Ort.Tensor, target: Tensor | undefined): Tensor {
  const data = result.data as TypedArray;
  if (!target) return { dtype: result.type as Tensor['dtype'], shape: result.dims, data };
  if (data.buffer !== target.data.buffer || data.byteOffset !== target.data.byteOffset) {
    (target.data as Float32Array).set(data as Float32Array);
  }
  return target;
}
