// Known-item search: each sentence of a listing page's abstracts is taken out of its abstract, and must find it.
import { readFileSync } from 'node:fs';
import { importPapers } from '../packages/studio/dist/papers/import.js';
import { search } from '../packages/studio/dist/papers/search.js';
import { vocabularyOf } from '../packages/studio/dist/papers/vocabulary.js';
import { openDatabase } from '../packages/studio/dist/store/database.js';
import { migrate } from '../packages/studio/dist/store/migrations.js';
import { embedder, learnMeaning, readPapers } from '../packages/tutelage/dist/papers/index.js';

const day = '2025-12-31';
/** Words that a sentence needs to count. */
const leastWords = 8;

/** @param page the text of a listing page */
export function benchmarkKnownItems([page]) {
  const papers = readPapers(readFileSync(page, 'utf8'), day);
  const cases = papers.flatMap((paper, place) =>
    paper.abstract
      .split(/(?<=[.!?])\s+/)
      .filter((sentence) => sentence.split(/\s+/).length >= leastWords)
      .map((sentence) => ({ place, sentence })),
  );
  const left = ({ place, sentence }) =>
    papers.map((paper, i) =>
      i === place ? { ...paper, abstract: paper.abstract.replace(sentence, '') } : paper,
    );
  report(
    'by words',
    cases.map((one) => rankByWords(left(one), one)),
  );
  report(
    'by meaning',
    cases.map((one) => rankByMeaning(left(one), one)),
  );
}

function rankByWords(papers, { place, sentence }) {
  const db = openDatabase(':memory:');
  migrate(db);
  importPapers(db, papers, day);
  const parts = { db, vocabulary: vocabularyOf(db), meanings: { embed: () => undefined } };
  const { ids } = search(parts, sentence, { sql: 'TRUE', values: [] });
  db.close();
  return ids.indexOf(place + 1);
}

function rankByMeaning(papers, { place, sentence }) {
  const texts = papers.map(({ title, abstract }) => `${title}\n${abstract}`);
  const embed = embedder(learnMeaning(texts));
  const query = embed(sentence);
  const likeness = texts.map((text) => embed(text).reduce((sum, value, i) => sum + value * query[i], 0));
  return likeness.filter((one) => one > likeness[place]).length;
}

/** @param ranks from 0; -1 for what was not found */
function report(name, ranks) {
  const share = (test) => (ranks.filter(test).length / ranks.length).toFixed(3);
  const reciprocal = ranks.reduce((sum, rank) => sum + (rank < 0 ? 0 : 1 / (rank + 1)), 0) / ranks.length;
  const first = share((rank) => rank === 0);
  const five = share((rank) => rank >= 0 && rank < 5);
  console.log(
    `${name.padEnd(12)} first ${first}, among five ${five}, mean reciprocal rank ${reciprocal.toFixed(3)}`,
  );
}
