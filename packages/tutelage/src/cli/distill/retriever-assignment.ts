import { basename } from 'node:path';
import { random, type Tensor, type Tree } from '@tutelage/engine';
import { assessRetriever } from '../../assessment/retrieval-report.js';
import { UserError } from '../../core/errors.js';
import { given } from '../../core/given.js';
import { loadRetriever } from '../../students/load-retriever.js';
import { foundFor, searchByVectors, searchByWords } from '../../students/retrieve.js';
import {
  type RetrievalLesson,
  type RetrieverStudent,
  retrieverWith,
  teachRetriever,
} from '../../students/retriever.js';
import { retrieverSmall } from '../../students/retriever-small.js';
import { shipRetriever } from '../../students/ship-retriever.js';
import { type RetrievalTask, readRetrievalTask } from '../../tasks/retrieval-task.js';
import type { SplitName } from '../../tasks/splits.js';
import { threadsOf } from '../student-in.js';
import type { Assignment, Distilled, ReadData, TeachingContext } from './assignment.js';
import { answeringCosts } from './costs.js';
import { evenly } from './data.js';
import { originOf } from './facts.js';
import { checkFitting } from './fitting-settings.js';
import { finishing } from './parts.js';
import { type DistillSettings, passes } from './settings.js';
import { shipMeasured } from './ship-measured.js';

/** Documents that are looked at for each test query. */
const depth = 100;

/** Queries and documents, and a retriever to be taught on them. */
export async function retrieverAssignment(
  settings: DistillSettings,
  rejectedPath?: string,
): Promise<Assignment> {
  checkFitting(settings, ['query', 'document']);
  const { query, document, split, validation, test, seed } = settings;
  const task = await readRetrievalTask(settings.data, {
    columns: given({ query, document, split }),
    seed,
    ...given({ validation, test, rejectedPath }),
  });
  const data = { ...task, name: settings.name ?? basename(settings.data) };
  const sizes = sizesOf(task);
  if (sizes.test === 0) {
    throw new UserError(`too few queries: none is left for the test: ${settings.data}`, {
      hint: 'give more queries, or judgements for the test',
    });
  }
  return {
    data,
    overview: `${task.documents.size} documents; ${sizes.train} queries for training, ${sizes.validation} for validation, ${sizes.test} for the test`,
    trial: '"a query" --documents FILE',
    perform: (context) => teachOn(data, context),
  };
}

/** The queries of a split with the texts that are relevant to them. */
function lessonsOf({ queries, documents, judgements }: RetrievalTask, split: SplitName): RetrievalLesson[] {
  return [...judgements[split]].map(([id, grades]) => ({
    query: queries.get(id)!,
    documents: [...grades].flatMap(([document, grade]) => (grade >= 1 ? [documents.get(document)!] : [])),
  }));
}

type RetrievalData = RetrievalTask & ReadData;

async function teachOn(data: RetrievalData, context: TeachingContext): Promise<Distilled | undefined> {
  const { run, settings, progress, signal } = context;
  const { seed, limit } = settings;
  const lessons = evenly(lessonsOf(data, 'train'), limit);
  const validation = evenly(lessonsOf(data, 'validation'), limit);
  const texts = [...lessons.map(({ query }) => query), ...data.documents.values()];
  const made = retrieverSmall.create(texts, random.foldIn(random.key(seed), 'student'));
  const student = { ...made, plan: { ...made.plan, epochs: passes(made.plan.epochs, settings) } };
  progress.say(`teaching ${student.preset} on ${lessons.length} queries`);
  const taught = await teachRetriever({
    student,
    lessons,
    validation,
    seed,
    run,
    progress,
    checkpointEvery: { seconds: settings.checkpointSeconds },
    ...threadsOf(settings),
    signal,
  });
  if (taught.outcome === 'paused') return undefined;
  return finishing(run, () => assessAndShip(data, context, { student, params: taught.params, validation }));
}

async function assessAndShip(
  data: RetrievalData,
  context: TeachingContext,
  {
    student,
    params,
    validation,
  }: {
    readonly student: RetrieverStudent;
    readonly params: Tree<Tensor>;
    readonly validation: readonly RetrievalLesson[];
  },
): Promise<Distilled> {
  const { settings, progress } = context;
  const judgements = data.judgements.test;
  const queries = new Map([...judgements.keys()].map((id) => [id, data.queries.get(id)!]));
  progress.say(`searching ${data.documents.size} documents for ${queries.size} test queries`);
  const model = retrieverWith(student, params, threadsOf(settings));
  const search = await searchByVectors(model, data.documents);
  const found = await foundFor(search, queries, depth);
  await search.dispose();
  await model.dispose();
  const report = assessRetriever({
    ...originOf(context, data, {
      sizes: sizesOf(data),
      curves: ['loss', 'validation reciprocal rank'],
    }),
    queries,
    documents: data.documents,
    judgements,
    arms: {
      student: { title: student.preset, found },
      baseline: { title: 'BM25', found: await foundFor(searchByWords(data.documents), queries, depth) },
    },
  });
  return shipMeasured(context, data, report, {
    params,
    ship: (folder, facts) =>
      shipRetriever({ folder, student, params, validation, facts, ...threadsOf(settings) }),
    load: (folder) => loadRetriever(folder, { threads: 1 }),
    answering: (loaded) => answeringCosts((texts) => loaded.embed(texts), [...queries.values()]),
  });
}

function sizesOf({ judgements: { train, validation, test } }: RetrievalTask) {
  return { train: train.size, validation: validation.size, test: test.size };
}
