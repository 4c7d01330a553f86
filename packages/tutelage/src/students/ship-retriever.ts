import {
  type ExportInput,
  exportOnnx,
  type OnnxModel,
  type Tensor,
  type Tree,
  type Value,
} from '@tutelage/engine';
import type { EncoderStudent } from './encoder-student.js';
import { searchExample, searchPage } from './examples.js';
import { loadRetriever } from './load-retriever.js';
import { meanReciprocalRank, type RetrievalLesson } from './retriever.js';
import { modelNames, originOf, type Shipment, type Shipped, stamp, writeStudent } from './write-student.js';

/**
 * Writes an encoder of texts as a retriever that can be shipped: its model gives `embeddings` [batch, width], whose inner products say
 * how well a document answers a query; see {@link writeStudent}.
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
}: Shipment<EncoderStudent, Tree<Tensor>, RetrievalLesson>): Promise<Shipped> {
  const { featurizer, preset, width } = student;
  const files = featurizer.files ?? {};
  return writeStudent({
    folder,
    model: exportRetriever(student, params, originOf(facts, preset)),
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

/** The encoder as ONNX: the featurizer's inputs to embeddings, [batch, width]. */
function exportRetriever(
  { preset, featurizer, embed }: EncoderStudent,
  params: Tree<Tensor>,
  origin: ReturnType<typeof originOf>,
): OnnxModel {
  return exportOnnx<Tree<Value>, Readonly<Record<string, ExportInput>>>(
    (p, batch) => ({ embeddings: embed(p, batch) }),
    params,
    featurizer.inputs,
    {
      ...(featurizer.longest !== undefined && { axes: { length: { max: featurizer.longest } } }),
      metadata: { ...origin, description: `encoder of queries and documents, preset ${preset}` },
    },
  );
}
