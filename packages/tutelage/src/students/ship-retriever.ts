import type { Tensor } from '@tutelage/engine';
import type { Encoder } from '../models/encoder.js';
import { searchExample, searchPage } from './examples.js';
import { loadRetriever } from './load-retriever.js';
import type { CardFacts } from './model-card.js';
import {
  exportRetriever,
  meanReciprocalRank,
  type RetrievalLesson,
  type RetrieverStudent,
} from './retriever.js';
import { modelNames, originOf, type Shipped, stamp, writeStudent } from './write-student.js';

export interface ShipRetrieverOptions {
  /** To be written, or replaced. */
  readonly folder: string;
  readonly student: RetrieverStudent;
  readonly params: Encoder<Tensor>;
  /** On which the int8 form is compared with float32. */
  readonly validation: readonly RetrievalLesson[];
  readonly facts: CardFacts;
  readonly threads?: number;
}

/**
 * Writes a retriever as a folder that can be shipped; see {@link writeStudent}.
 *
 * @throws {UserError} when the disk is full, read-only, ...
 */
export function shipRetriever({
  folder,
  student,
  params,
  validation,
  facts,
  threads,
}: ShipRetrieverOptions): Promise<Shipped> {
  const { featurizer, preset, config } = student;
  const files = featurizer.files ?? {};
  return writeStudent({
    folder,
    model: exportRetriever(student, params, originOf(facts, preset)),
    description: {
      ...stamp,
      kind: 'retriever',
      preset,
      width: config.width,
      featurizer: { kind: featurizer.kind, config: featurizer.config },
      files: { ...modelNames, featurizer: Object.keys(files) },
    },
    files: { ...files, 'example.mjs': searchExample(), 'example.html': searchPage() },
    measure: 'reciprocal rank',
    async score(written, precision) {
      if (validation.length === 0) return undefined;
      const loaded = await loadRetriever(written, { precision, ...(threads !== undefined && { threads }) });
      try {
        return await meanReciprocalRank(loaded, validation);
      } finally {
        await loaded.dispose();
      }
    },
    facts,
  });
}
