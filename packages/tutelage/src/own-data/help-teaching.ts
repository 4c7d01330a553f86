import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mean } from '../assessment/checks.js';
import { ndcg } from '../assessment/ranking.js';
import { measureHits } from '../assessment/retrieval.js';
import { decimal, percent } from '../assessment/wording.js';
import type { ArmResult } from '../claims/results.js';
import { explained } from '../runs/file-errors.js';
import { bm25 } from '../search/bm25.js';
import { characterAnalyzer } from '../search/character-analyzer.js';
import { bestOf } from '../search/hits.js';
import type { DualEncoder, EncoderLearner } from '../students/encoder-learner.js';
import { embedder } from '../students/encoder-student.js';
import { scoresByVectors } from '../students/page-scores.js';
import { type SuggestionSystem, suggestionSystems, systemScores } from '../students/suggestions.js';
import type { HelpCollection } from '../tasks/help-desk/collection.js';
import { answersOf } from '../teachers/open-pair-scorer.js';
import type { PairLessons } from '../teachers/pair-batches.js';
import { byGroup, type HelpSystem, helpAbstention, helpHits, helpResult } from './help-results.js';
import { resultLine } from './retrieval-results.js';
import { shipEncoders, watchValidation } from './retrieval-watch.js';

const titles: Readonly<Record<SuggestionSystem, string>> = {
  'bm25-words': 'BM25 on words',
  'bm25-characters': 'BM25 on character n-grams',
  encoder: 'the taught encoder',
  fused: 'BM25 on character n-grams and the encoder',
};

/** Wrong documents that a question is taught with: the nearest by BM25 among the possible ones. */
const nearest = 5;

/** What an encoder learns from: the links of the training questions. */
export function helpLessons({ own, possible }: HelpCollection): PairLessons {
  const passages = own.passages.map(({ text }) => text);
  const search = bm25(passages, { analyzer: characterAnalyzer });
  const known = new Map<number, readonly number[]>();
  const nearestOf = (query: number): number[] => {
    const scores = search.scores(own.queries[query]!.text);
    const wrong = possible(query).filter((place) => own.isWrong(query, place));
    const hits = bestOf(
      wrong.map((place) => scores[place]!),
      nearest,
      0,
    );
    return Array.from(hits.rows, (row) => wrong[row]!);
  };
  return {
    queries: own.queries.map(({ text }) => text),
    passages,
    pairs: answersOf(own),
    isWrong: own.isWrong,
    near(query) {
      const found = known.get(query) ?? nearestOf(query);
      known.set(query, found);
      return found;
    },
  };
}

export interface HelpOutcome {
  /** The one that does best on the validation questions. */
  readonly chosen: SuggestionSystem;
  readonly lines: readonly string[];
}

/**
 * Teaches an encoder, keeps its best state on the validation questions, tests it beside BM25 and together with it, among all documents
 * and among the possible ones, and writes the encoder, the index and `report.json`.
 *
 * @param learn teaches, and calls `after` after each step
 */
export async function teachHelp(
  collection: HelpCollection,
  encoders: DualEncoder,
  learn: (after: (learner: EncoderLearner, step: number) => Promise<void>) => Promise<EncoderLearner>,
  { steps, folder, say }: { readonly steps: number; readonly folder: string; say(message: string): void },
): Promise<HelpOutcome> {
  const { own, asked } = collection;
  say('an encoder learns from the links');
  const watch = watchValidation(own, steps);
  const learner = await learn(watch.after);
  const trained = watch.best ?? learner.trained();
  await learner.dispose();
  const texts = own.passages.map(({ text }) => text);
  const model = embedder(encoders.query, { threads: 1 });
  const vectors = await model.embed(trained.passage, texts);
  const dense = scoresByVectors(vectors, (questions) => model.embed(trained.query, questions));
  const systems = suggestionSystems.map((id): HelpSystem & { readonly id: SuggestionSystem } => ({
    id,
    title: titles[id],
    scoresOf: systemScores(id, texts, () => dense),
  }));
  const { validation, test } = own.splits;
  const validated: number[] = [];
  const results: { readonly all: ArmResult; readonly possible: ArmResult }[] = [];
  for (const system of systems) {
    const [hits, all, possible] = [
      await helpHits(system, collection, validation, 'possible'),
      await helpHits(system, collection, test, 'all'),
      await helpHits(system, collection, test, 'possible'),
    ];
    const grades = validation.map((one) => one.grades);
    validated.push(mean(measureHits(hits, grades, ndcg(10))));
    results.push({
      all: helpResult(system.id, system.title, all, test),
      possible: helpResult(system.id, `${system.title}, possible ones`, possible, test),
    });
  }
  const best = validated.indexOf(Math.max(...validated));
  const chosen = systems[best]!;
  const hits = await helpHits(chosen, collection, test, 'possible');
  await model.dispose();
  const named = (values: readonly (string | number)[]) => values.join(', ') || 'not told';
  const subjects = byGroup(hits, test, (query) => named(asked[query]!.subjects));
  const report = {
    results,
    validation: Object.fromEntries(systems.map(({ id }, i) => [id, validated[i]])),
    chosen: chosen.id,
    ceiling: collection.ceiling,
    curve: watch.curve,
    subjects,
    grades: byGroup(hits, test, (query) => named(asked[query]!.grades)),
    abstention: helpAbstention(hits, test),
  };
  const path = join(folder, 'report.json');
  explained('write the report', path, () => writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`));
  const ofEncoder = results[suggestionSystems.indexOf('encoder')]!.all;
  await shipEncoders(folder, own, encoders, trained, ofEncoder);
  return {
    chosen: chosen.id,
    lines: [
      ...results.flatMap(({ all, possible }) => [resultLine(all), resultLine(possible)]),
      ...subjects.map(
        ({ group, questions, ndcg: found, recall1 }) =>
          `subject ${group}: nDCG@10 ${decimal(found, 3)}, R@1 ${percent(recall1)} of ${questions} questions`,
      ),
      `suggestions come from ${chosen.title}, the best on validation; pages that were not linked count as wrong, so that precision is underestimated`,
    ],
  };
}
