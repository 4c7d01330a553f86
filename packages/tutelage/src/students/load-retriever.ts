import { UserError } from '../core/errors.js';
import { restoreFeaturizer } from './featurizers.js';
import {
  checkPorts,
  describedAs,
  type LoadOptions,
  missing,
  openModel,
  readText,
  runModel,
} from './read-student.js';
import type { Embedder } from './retriever.js';
import type { DescriptionOf } from './student-folder.js';

/** A shipped retriever, ready to embed. */
export interface LoadedRetriever extends Embedder {
  readonly kind: 'retriever';
  readonly description: DescriptionOf<'retriever'>;
  /** Tokens of a text as the model sees it, cut where it is too long. */
  tokens(text: string): number;
}

/** Texts that are embedded together. */
const chunk = 128;

/**
 * Loads a shipped retriever. The folder may come from anywhere: all of it is checked.
 *
 * @throws {UserError} when it is no retriever, is damaged or incomplete, or was written by another version
 */
export async function loadRetriever(folder: string, options: LoadOptions = {}): Promise<LoadedRetriever> {
  const description = await describedAs(folder, 'retriever');
  const { width, files } = description;
  const restored = await restoreFeaturizer(description.featurizer, (name) =>
    files.featurizer.includes(name) ? readText(folder, name) : Promise.reject(missing(folder, name)),
  );
  if (restored.input !== 'text') {
    throw new UserError(`damaged student: ${folder}: its featurizer does not take text`);
  }
  const { featurizer } = restored;
  const session = await openModel(folder, description, options);
  try {
    checkPorts(session, featurizer.inputs, ['embeddings'], folder);
  } catch (error) {
    await session.dispose();
    throw error;
  }
  return {
    kind: 'retriever',
    description,
    tokens: (text) => featurizer.size?.(text) ?? 0,
    async embed(texts) {
      const vectors: Float32Array[] = [];
      for (let at = 0; at < texts.length; at += chunk) {
        const part = texts.slice(at, at + chunk);
        const { embeddings } = await runModel(session, featurizer.batch(part));
        const data = embeddings!.data as Float32Array;
        if (data.length !== part.length * width) {
          throw new UserError(
            `the student's model gives ${data.length / part.length} numbers a text: ${width} are expected`,
          );
        }
        for (let i = 0; i < data.length; i += width) vectors.push(data.slice(i, i + width));
      }
      return vectors;
    },
    dispose: () => session.dispose(),
  };
}
