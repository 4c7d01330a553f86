import { assessLanguageModel, type LanguageModelAssessment } from '../../src/assessment/language-report.js';
import type { ReportContext } from '../../src/assessment/report-context.js';
import { assessRetriever, type RetrieverAssessment } from '../../src/assessment/retrieval-report.js';
import { assessmentOf, three } from './assessed.js';

function context(metric: string): ReportContext {
  const { title, sizes, warnings, rejected, reproduce } = assessmentOf(three);
  const points = [
    [10, 3],
    [20, 2],
  ] as const;
  return {
    title,
    sizes,
    warnings,
    rejected,
    reproduce,
    curves: [
      { arm: 'student', metric: 'loss', points },
      { arm: 'student', metric, points },
    ],
  };
}

const queries = 30;
const ids = Array.from({ length: queries }, (_, i) => i);

/** Test queries with one relevant document each, which an arm ranks as told; `name` gives the rank of a query or none. */
function found(rank: number | ((query: number) => number | undefined)) {
  return new Map(
    ids.map((i) => {
      const own = typeof rank === 'number' ? rank : rank(i);
      const others = ids.filter((other) => other !== i).map((other) => `d${other}`);
      const order =
        own === undefined ? others : [...others.slice(0, own - 1), `d${i}`, ...others.slice(own - 1)];
      return [`q${i}`, new Map(order.map((id, place) => [id, queries - place]))] as const;
    }),
  );
}

type Rank = Parameters<typeof found>[0];

export function retrievalInput({
  student,
  baseline,
}: {
  student: Rank;
  baseline: Rank;
}): RetrieverAssessment {
  return {
    ...context('validation reciprocal rank'),
    queries: new Map(ids.map((i) => [`q${i}`, `question ${i}`])),
    documents: new Map(ids.map((i) => [`d${i}`, `document ${i}`])),
    judgements: new Map(ids.map((i) => [`q${i}`, new Map([[`d${i}`, 1]])])),
    arms: {
      student: {
        title: 'retriever-small',
        found: found(student),
        costs: { bytes: 6_560_000, milliseconds: 0.5 },
      },
      baseline: { title: 'BM25', found: found(baseline) },
    },
  };
}

export const retrievalMade = assessRetriever(
  retrievalInput({ student: (i) => (i === 0 ? undefined : i === 1 ? 3 : 1), baseline: (i) => 1 + (i % 4) }),
);

export const languageInput: LanguageModelAssessment = {
  ...context('validation loss'),
  student: { title: 'lm-small', costs: { parameters: 1_059_968 } },
  stretches: ids.map((i) => ({ bits: 10 * i, tokens: 20, bytes: 64, text: `stretch ${i} of the text` })),
  samples: [
    { prompt: '', text: 'once upon a time' },
    { prompt: 'The king', text: ' is dead' },
  ],
};

export const languageMade = assessLanguageModel(languageInput);
