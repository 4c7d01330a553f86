import { restoreFeaturizer } from 'tutelage/featurizers';
import { channelsOf } from './drawing-canvas.js';
import { type Batch, openModel } from './open-model.js';

export interface Answer {
  readonly label: string;
  readonly probability: number;
}

/** A classifier at work in the page. */
export interface OpenClassifier {
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

/** Loads a student's files, and the runtime. */
export async function openClassifier(id: string): Promise<OpenClassifier> {
  const { description, read, run } = await openModel<Description>(id);
  const restored = await restoreFeaturizer(description.featurizer, read);

  async function answer(batch: Batch): Promise<Answer[]> {
    const probabilities = await run(batch, 'probabilities');
    return description.labels
      .map((label, i) => ({ label, probability: probabilities[i]! }))
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
