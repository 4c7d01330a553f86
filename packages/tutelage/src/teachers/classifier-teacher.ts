import { createHash } from 'node:crypto';
import { leavesOf, type SessionOptions, type Tensor } from '@tutelage/engine';
import type { Teacher } from '../core/teacher.js';
import type { ClassifierStudent } from '../students/classifier.js';
import { predictor, type Trained } from '../students/predictor.js';
import { addValue } from './example-key.js';

/** A teacher that holds memory of the runtime. */
export type OpenTeacher<T> = T & { dispose(): Promise<void> };

/** Examples between two looks at the abort signal. */
const chunk = 1024;

/** A student that has learned, as a teacher: its logits, in the order of its labels. */
export function classifierTeacher<I>(
  student: ClassifierStudent<I>,
  trained: Trained,
  options: SessionOptions = {},
): OpenTeacher<Teacher<I, string, 'logits'>> {
  const model = predictor(student, trained, options);
  return {
    kind: 'logits',
    fingerprint: fingerprintOf(student, trained),
    async teach(examples, { signal, onProgress } = {}) {
      const taught: { readonly values: Float32Array }[] = [];
      for (let start = 0; start < examples.length; start += chunk) {
        signal?.throwIfAborted();
        const inputs = examples.slice(start, start + chunk).map(({ example }) => example.input);
        for (const values of await model.predict(inputs)) taught.push({ values });
        onProgress?.(taught.length);
      }
      return taught;
    },
    dispose: () => model.dispose(),
  };
}

/** Of all that decides about the logits: labels, featurizer, net and weights. */
function fingerprintOf<I>({ preset, labels, featurizer }: ClassifierStudent<I>, trained: Trained): string {
  const hash = createHash('sha256');
  addValue(hash, ['classifier', preset, labels, featurizer.kind, featurizer.config]);
  for (const { path, leaf } of leavesOf<Tensor>([trained.params, trained.statistics])) {
    addValue(hash, [path, leaf.shape, leaf.data]);
  }
  return hash.digest('hex');
}
