import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { nodeFileSystem } from '../../src/runs/file-system.js';
import { readMetrics } from '../../src/runs/metrics.js';
import { metricsFile } from '../../src/runs/run.js';
import { type RetrievalLesson, retrieverWith, teachRetriever } from '../../src/students/retriever.js';
import { retrieverSmall } from '../../src/students/retriever-small.js';
import { newRun, silent, temporaryFolder } from './helpers.js';

const things = ['card', 'loan', 'pin', 'rate', 'fee', 'app', 'cash', 'safe'];
const ways = ['how do i get a', 'where is my', 'tell me about the', 'i lost the'];
const document = (thing: string, i: number) =>
  `article ${i} of our manual explains everything on the ${thing}`;
/** A question for each thing and way. */
const pairs: RetrievalLesson[] = things.flatMap((thing, i) =>
  ways.map((way) => ({ query: `${way} ${thing}`, documents: [document(thing, i)] })),
);
const isHeldOut = (i: number): boolean => i % 4 === (i >> 2) % 4;
const train = pairs.filter((_, i) => !isHeldOut(i));
const validation = pairs.filter((_, i) => isHeldOut(i));

test('brings queries to their documents, with vectors of length 1', async () => {
  const made = retrieverSmall.create(
    pairs.flatMap((pair) => [pair.query, ...pair.documents]),
    random.key(1),
  );
  const student = { ...made, plan: { ...made.plan, epochs: 12, batchSize: 12 } };
  const run = newRun(temporaryFolder());
  const { params } = await teachRetriever({
    student,
    lessons: train,
    validation,
    seed: 3,
    run,
    progress: silent(),
    checkpointEvery: { seconds: 1000 },
    threads: 1,
  });
  const name = 'validation reciprocal rank';
  const { rows } = readMetrics(nodeFileSystem, metricsFile(run.path), { names: [name] });
  const ranks = rows.map((row) => row[name]);
  expect(ranks).toHaveLength(12);
  expect(ranks.at(-1)).toBeGreaterThan(0.9);

  const texts = validation.map(({ query }) => query);
  const model = retrieverWith(student, params);
  const own = await model.embed(texts);
  await model.dispose();
  expect(own.map((v) => Math.hypot(...v))).toEqual(own.map(() => expect.closeTo(1, 4)));
});
