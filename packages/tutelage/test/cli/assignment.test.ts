import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readAssignment } from '../../src/cli/distill/assignment.js';
import { distillSettings } from '../../src/cli/distill/settings.js';
import { testFolder, userError } from '../tasks/folder.js';

const folder = testFolder();
folder.write('collection/corpus.jsonl', '{"_id":"a","text":"a text"}\n');
folder.write('collection/queries.jsonl', '{"_id":"q","text":"a query"}\n{"_id":"r","text":"another"}\n');
folder.write('collection/qrels/train.tsv', 'query-id\tcorpus-id\tscore\nq\ta\t1\n');
folder.write('collection/qrels/test.tsv', 'query-id\tcorpus-id\tscore\nr\ta\t1\n');
folder.write('few.csv', 'question,answer\nwhat is it,it is one\n');
folder.write('story.txt', 'It was a dark night.\n'.repeat(50));
folder.write(
  'pairs.csv',
  `question,answer\n${Array.from({ length: 20 }, (_, i) => `what is ${i},it is number ${i}\n`).join('')}`,
);
folder.write(
  'tickets.csv',
  `text,label\n${Array.from({ length: 20 }, (_, i) => `text ${i},${i % 2}\n`).join('')}`,
);

const assignment = (data: string, more: Readonly<Record<string, unknown>>) =>
  readAssignment(distillSettings.parse({ data: join(folder.path, data), ...more }));
const retriever = { student: 'retriever-small' };
const lm = { student: 'lm-small' };

test.each([
  ['tickets.csv', {}, /^2 labels; 16 examples/],
  ['pairs.csv', retriever, /^20 documents; 16 queries for training, 2 for validation, 2 for the test$/],
  ['collection', retriever, /^1 documents; 1 queries for training, 0 for validation, 1 for the test/],
  ['story.txt', lm, /^840 bytes of text for training, 105 for validation, 104 for the test$/],
  ['tickets.csv', lm, /^\d+ bytes of text for training/],
])('%s as %j', async (data, more, overview) => {
  expect((await assignment(data, more)).overview).toMatch(overview);
});

test.each([
  ['collection', {}, /queries and documents, which no classifier learns from/, /retriever-small/],
  ['pairs.csv', { query: 'question' }, /queries and documents, which no classifier/, /retriever-small/],
  ['story.txt', { student: 'auto' }, /plain text, which no classifier learns from/, /lm-small/],
  ['collection', { ...retriever, teacher: 'student:x' }, /learns from its data alone/, /for classifiers/],
  ['story.txt', { ...lm, query: 'a' }, /--query means nothing for lm-small/, /leave it out/],
  ['collection', { ...retriever, alone: false }, /--no-alone means nothing/, /leave it out/],
  ['collection', { ...retriever, query: 'q' }, /columns are for tables of pairs/, undefined],
  ['pairs.csv', { ...retriever, query: 'q' }, /no such column: q/, undefined],
  ['few.csv', retriever, /too few queries: none is left for the test/, /more queries/],
  ['absent', retriever, /no such file or folder/, undefined],
  ['absent.txt', lm, /no such file/, undefined],
  ['tickets.csv', { student: 'retriever-smal' }, /unknown student for texts/, /retriever-small/],
])('%s with %j is refused', async (data, more, message, hint) => {
  const error = await userError(assignment(data, more));
  expect(error.message).toMatch(message);
  if (hint) expect(error.hint).toMatch(hint);
});
