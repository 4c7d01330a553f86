import { type ExportInput, exportOnnx, type Tensor, type Tree, type Value } from '@tutelage/engine';
import type { EncoderStudent } from './encoder-student.js';
import { searchExample, searchPage } from './examples.js';
import { loadRetriever } from './load-retriever.js';
import type { CardFacts } from './model-card.js';
import { meanReciprocalRank, type RetrievalLesson } from './retriever.js';
import { modelNames, originOf, type Shipped, stamp, writeStudent } from './write-student.js';

/**
 * Writes an encoder of texts as a retriever that can be shipped: its model gives `embeddings` [batch, width], whose inner products say
 * how well a passage answers a query; see {@link writeStudent}.
 *
 * @param validation on which the int8 form is compared with float32; none for one side of two
 * @throws {UserError} when the disk is full, read-only, ...
 */
export function shipEncoder(
  folder: string,
  { preset, width, featurizer, embed }: EncoderStudent,
  params: Tree<Tensor>,
  validation: readonly RetrievalLesson[],
  facts: CardFacts,
): Promise<Shipped> {
  const files = featurizer.files ?? {};
  return writeStudent({
    folder,
    model: exportOnnx<Tree<Value>, Readonly<Record<string, ExportInput>>>(
      (p, batch) => ({ embeddings: embed(p, batch) }),
      params,
      featurizer.inputs,
      {
        ...(featurizer.longest !== undefined && { axes: { length: { max: featurizer.longest } } }),
        metadata: {
          ...originOf(facts, preset),
          description: `encoder of queries and passages, preset ${preset}`,
        },
      },
    ),
    description: {
      ...stamp,
      kind: 'retriever',
      preset,
      width,
      featurizer: { kind: featurizer.kind, config: featurizer.config },
      files: { ...modelNames, featurizer: Object.keys(files) },
    },
    files: { ...files, 'example.mjs': searchExample(), 'example.html': searchPage() },
    measure: 'reciprocal rank',
    async score(written, precision) {
      if (validation.length === 0) return undefined;
      const loaded = await loadRetriever(written, { precision, threads: 1 });
      try {
        return await meanReciprocalRank(loaded, validation);
      } finally {
        await loaded.dispose();
      }
    },
    facts,
  });
}
