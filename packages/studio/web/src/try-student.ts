import { env, InferenceSession, Tensor } from 'onnxruntime-web/wasm';
import { restoreFeaturizer } from 'tutelage/featurizers';
import { channelsOf } from './drawing-canvas.js';
import { pathOf } from './routes.js';

// One thread is enough for small students, and needs no workers.
env.wasm.numThreads = 1;

export interface Answer {
  readonly label: string;
  readonly probability: number;
}

/** A student at work in the page. */
export interface OpenStudent {
  /** Height, width and channels of the images that it takes; undefined for texts. */
  readonly shape: ImageShape | undefined;
  /** All labels, the likeliest first. */
  answerText(text: string): Promise<Answer[]>;
  /** @param pixels height x width x channels bytes */
  answerPixels(pixels: Uint8Array): Promise<Answer[]>;
}

export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** What the page needs of `student.json`. */
interface Description {
  readonly labels: readonly string[];
  readonly featurizer: Parameters<typeof restoreFeaturizer>[0];
  readonly files: { readonly model: string };
}

type Batch = Readonly<
  Record<string, { readonly dtype: string; readonly data: unknown; readonly shape: readonly number[] }>
>;

/** Loads a student's files, and the runtime. */
export async function openStudent(id: string): Promise<OpenStudent> {
  const file = async (name: string) => {
    const answer = await fetch(`/api${pathOf('students', id)}/files/${encodeURIComponent(name)}`);
    if (!answer.ok) throw new Error(`no such file: ${name}`);
    return answer;
  };
  const read = async (name: string) => (await file(name)).text();
  const description = JSON.parse(await read('student.json')) as Description;
  const restored = await restoreFeaturizer(description.featurizer, read);
  const model = new Uint8Array(await (await file(description.files.model)).arrayBuffer());
  const session = await InferenceSession.create(model);

  async function answer(batch: Batch): Promise<Answer[]> {
    const feeds = Object.entries(batch).map(
      ([name, { dtype, data, shape }]) =>
        [name, new Tensor(dtype as 'float32', data as Float32Array, [...shape])] as const,
    );
    const { probabilities } = await session.run(Object.fromEntries(feeds));
    const values = probabilities!.data as Float32Array;
    return description.labels
      .map((label, i) => ({ label, probability: values[i]! }))
      .sort((a, b) => b.probability - a.probability);
  }
  const wrong = () => Promise.reject(new Error('the student takes another kind of input'));
  if (restored.input === 'text') {
    const { featurizer } = restored;
    return { shape: undefined, answerText: (text) => answer(featurizer.batch([text])), answerPixels: wrong };
  }
  const { featurizer } = restored;
  return {
    shape: featurizer.config as unknown as ImageShape,
    answerText: wrong,
    answerPixels: (pixels) => answer(featurizer.batch([pixels])),
  };
}

/** The pixels of a picture in the shape that a student takes. */
export async function pixelsOf(file: Blob, { height, width, channels }: ImageShape): Promise<Uint8Array> {
  const context = new OffscreenCanvas(width, height).getContext('2d')!;
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  context.drawImage(await createImageBitmap(file), 0, 0, width, height);
  return channelsOf(context.getImageData(0, 0, width, height).data, channels);
}
