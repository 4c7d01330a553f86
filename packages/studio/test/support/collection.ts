import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const things = ['card', 'loan', 'pin', 'rate', 'fee', 'app', 'cash', 'safe'];
const ways = ['how do i get a', 'where is my', 'tell me about the', 'i lost the', 'what is a'];

const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** Writes queries and the documents that answer them, in the layout of BEIR. */
export function writeCollection(folder: string): void {
  mkdirSync(join(folder, 'qrels'), { recursive: true });
  const queries = things.flatMap((thing) => ways.map((way) => ({ thing, text: `${way} ${thing}` })));
  const documents = things.map((thing) => ({
    _id: thing,
    title: thing,
    text: `all that we know of a ${thing}`,
  }));
  writeFileSync(join(folder, 'queries.jsonl'), lines(queries.map(({ text }, i) => ({ _id: `q${i}`, text }))));
  writeFileSync(join(folder, 'corpus.jsonl'), lines(documents));
  const judged = queries.map(({ thing }, i) => `q${i}\t${thing}\t1\n`).join('');
  writeFileSync(join(folder, 'qrels', 'train.tsv'), `query-id\tcorpus-id\tscore\n${judged}`);
}

/** Writes a text of few words, for a language model. */
export function writeStory(path: string): void {
  const thing = (i: number) => things[i % things.length]!;
  const sentences = Array.from(
    { length: 200 },
    (_, i) => `The ${thing(i)} was ${thing(3 * i)} and the ${thing(5 * i)} stood by.`,
  );
  writeFileSync(path, sentences.join('\n'));
}
