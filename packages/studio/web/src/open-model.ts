import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { pathOf } from './routes.js';

// One thread is enough for small students, and needs no workers.
env.wasm.numThreads = 1;

/** Tensors by name, as featurizers make them. */
export type Batch = Readonly<
  Record<string, { readonly dtype: string; readonly data: unknown; readonly shape: readonly number[] }>
>;

/** A student's model in the page. */
export interface OpenModel<D> {
  /** What `student.json` says. */
  readonly description: D;
  /** The text of a file beside it. */
  read(name: string): Promise<string>;
  /** The values of an output for a batch of inputs. */
  run(batch: Batch, output: string): Promise<Float32Array>;
}

/** Loads a student's model, and the runtime. */
export async function openModel<D extends { readonly files: { readonly model: string } }>(
  id: string,
): Promise<OpenModel<D>> {
  const file = async (name: string) => {
    const answer = await fetch(`/api${pathOf('students', id)}/files/${encodeURIComponent(name)}`);
    if (!answer.ok) throw new Error(`no such file: ${name}`);
    return answer;
  };
  const read = async (name: string) => (await file(name)).text();
  const description = JSON.parse(await read('student.json')) as D;
  const model = new Uint8Array(await (await file(description.files.model)).arrayBuffer());
  const session = await InferenceSession.create(model);
  return {
    description,
    read,
    async run(batch, output) {
      const feeds = Object.entries(batch).map(
        ([name, { dtype, data, shape }]) =>
          [name, new Tensor(dtype as 'float32', data as Float32Array, [...shape])] as const,
      );
      const answers = await session.run(Object.fromEntries(feeds));
      return answers[output]!.data as Float32Array;
    },
  };
}
