import { z } from 'zod';
import { pixelsOf } from '../students/image-input.js';
import type { LoadedStudent, Prediction } from '../students/load-student.js';
import type { ServeLimits, StudentRoutes } from './app.js';
import { type BatcherOptions, createBatcher } from './batcher.js';
import type { ServerMetrics } from './metrics.js';
import { body, checkCount } from './requests.js';

const predictBody = z.object({ inputs: z.array(z.string()) });
const classifyBody = z.object({ input: z.union([z.string(), z.array(z.string())]) });

/**
 * A classifier behind HTTP.
 *
 * - `POST /predict` `{ inputs: [...] }` gives `{ predictions: [{ label, probability, probabilities }] }`
 * - `POST /v1/classify` `{ input: "..." or [...] }` gives a list in OpenAI's manner, `{ object: "list", model, data: [...] }`
 *
 * Inputs are texts or, for students of images, image files in base64.
 */
export function classifierRoutes(
  student: LoadedStudent,
  { maxBatch, maxQueue, batchWait: waitMilliseconds }: ServeLimits,
  metrics: ServerMetrics,
): StudentRoutes {
  const answers = answersOf(student, { maxBatch, maxQueue, waitMilliseconds, onBatch: metrics.batch });
  const answer = (inputs: readonly string[]): Promise<Prediction[]> => {
    checkCount(inputs, maxQueue);
    return answers.submit(inputs);
  };
  return {
    input: student.input,
    get waiting() {
      return answers.waiting;
    },
    addTo(app) {
      app.post('/predict', async (c) => {
        const { inputs } = await body(c, predictBody);
        const predictions = (await answer(inputs)).map((prediction) => shown(student, prediction));
        return c.json({ predictions });
      });
      app.post('/v1/classify', async (c) => {
        const { input } = await body(c, classifyBody);
        const predictions = await answer(typeof input === 'string' ? [input] : input);
        const data = predictions.map((prediction, index) => ({
          object: 'classification',
          index,
          ...shown(student, prediction),
        }));
        return c.json({ object: 'list', model: student.description.preset, data });
      });
    },
    close: () => answers.close(),
  };
}

interface Answers {
  readonly waiting: number;
  /** @throws {UserError} for an image that can't be read, {@link Refused} when too much waits */
  submit(inputs: readonly string[]): Promise<Prediction[]>;
  close(): Promise<void>;
}

/** The student's answers to inputs as requests hold them. Images are read before they wait: a bad one spoils no one else's batch. */
function answersOf(student: LoadedStudent, options: BatcherOptions): Answers {
  if (student.input === 'text') return createBatcher((texts) => student.predict(texts), options);
  const { format } = student;
  const batcher = createBatcher<Uint8Array, Prediction>((images) => student.predict(images), options);
  return {
    get waiting() {
      return batcher.waiting;
    },
    submit: async (inputs) =>
      batcher.submit(
        await Promise.all(inputs.map((input) => pixelsOf(Buffer.from(input, 'base64'), format))),
      ),
    close: () => batcher.close(),
  };
}

function shown({ labels }: LoadedStudent, { label, probabilities }: Prediction) {
  const rounded = Array.from(probabilities, (p) => Number(p.toPrecision(6)));
  return {
    label,
    probability: rounded[labels.indexOf(label)]!,
    probabilities: Object.fromEntries(labels.map((name, i) => [name, rounded[i]!])),
  };
}
