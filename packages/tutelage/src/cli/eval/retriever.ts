import { bootstrapOptions } from '../../assessment/bootstrap-options.js';
import { retrievalFigures } from '../../assessment/retrieval-report.js';
import { given } from '../../core/given.js';
import type { LoadedRetriever } from '../../students/load-retriever.js';
import { foundFor, searchByVectors } from '../../students/retrieve.js';
import { rejectionWarnings } from '../../tasks/dataset-warnings.js';
import { readRetrievalTask } from '../../tasks/retrieval-task.js';
import type { EvalParameters } from '../commands/eval.js';
import {
  type Evaluation,
  evaluationSeed,
  measureLines,
  nothingFound,
  nothingHeldOut,
  partsOf,
} from './evaluation.js';

const depth = 100;

/** How well a retriever finds the documents for queries, among all of them. */
export async function evaluateRetriever(
  student: LoadedRetriever,
  settings: EvalParameters,
): Promise<Evaluation> {
  const { query, document } = settings;
  const task = await readRetrievalTask(settings.data, {
    shares: nothingHeldOut,
    needsTraining: false,
    columns: given({ query, document }),
  });
  const judgements = new Map(partsOf(settings).flatMap((split) => [...task.judgements[split]]));
  if (judgements.size === 0) throw nothingFound('query', settings);
  const queries = new Map([...judgements.keys()].map((id) => [id, task.queries.get(id)!]));
  const search = await searchByVectors(student, task.documents);
  const found = await foundFor(search, queries, depth);
  await search.dispose();
  const measures = retrievalFigures(judgements, found, bootstrapOptions(queries.size, evaluationSeed));
  const sizes = { queries: queries.size, documents: task.documents.size };
  return {
    result: { ...sizes, measures, warnings: rejectionWarnings(task.rejected) },
    lines: [
      ['queries', String(sizes.queries)],
      ['documents', String(sizes.documents)],
      ...measureLines(measures),
    ],
  };
}
