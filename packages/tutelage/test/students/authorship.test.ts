import { random } from '@tutelage/engine';
import { beforeAll, describe, expect, test } from 'vitest';
import { learnAuthors, styleOf, trigramText } from '../../src/students/author-profiles.js';
import {
  type AuthoredPieces,
  type Authorship,
  drawStory,
  learnAuthorship,
} from '../../src/students/authorship.js';
import { softmaxRegression } from '../../src/students/softmax-regression.js';

const key = random.key(5);
const habits = [
  'whilst and upon the hither thing , indeed',
  'so he went ; and then it was good ; truly',
  'gosh ! you can not do that ! say what',
].map((words) => words.split(' '));
const common = 'the of a to in it is was that for on with as at by from'.split(' ');

/** Pieces of an author: common words, some of their own, and those of the document. */
function document(author: number, title: number, count: number): AuthoredPieces {
  const draw = random.stream(random.foldIn(key, `${author} ${title}`));
  const topic = Array.from({ length: 4 }, (_, i) => `topic${title}x${author}x${i}`);
  const piece = () =>
    Array.from({ length: 90 }, () => {
      const from = draw.uniform();
      return draw.pick(from < 0.45 ? common : from < 0.8 ? habits[author]! : topic);
    }).join(' ');
  return { author, pieces: Array.from({ length: count }, () => styleOf(piece())) };
}
const books = [0, 1, 2].flatMap((author) => [0, 1, 2].map((title) => document(author, title, 12)));

test('a style is trigrams and tokens', () => {
  const { trigrams, tokens } = styleOf("Don't go; 12 of us.");
  expect(Array.from(trigrams.slice(0, 3), trigramText)).toEqual(['Don', "on'", "n't"]);
  expect(tokens).toEqual(["don't", 'go', ';', 'of', 'us', '.']);
  expect(styleOf('a').trigrams).toHaveLength(0);
});

test('naive Bayes on trigrams, as by hand', async () => {
  const [a, b] = ['aaab', 'abbb'].map(styleOf);
  const { logits, telling } = await learnAuthors(
    [
      [a!, a!],
      [b!, b!],
    ],
    key,
  );
  // Trigrams aaa and aab of the first, abb and bbb of the second: counts 2 and 0, with 0.5 more each.
  const [seen, unseen] = [Math.log(2.5 / 6), Math.log(0.5 / 6)];
  const found = logits(styleOf('aaabb'));
  expect(found[0]).toBeCloseTo(2 * seen + unseen, 10);
  expect(found[1]).toBeCloseTo(seen + 2 * unseen, 10);
  expect(telling(styleOf('aaaab'), 0, 1)).toEqual([
    { text: 'aaa', weight: expect.closeTo(2 * (seen - unseen), 10) },
  ]);
});

test('softmax regression finds the share of classes, whatever the scale of a number', async () => {
  const rows = Array.from({ length: 80 }, (_, i) => [1000 + (i % 2), 7]);
  // The second class has a quarter of the rows with 1000, and three quarters of those with 1001.
  const classes = rows.map(([x], i) => (Math.floor(i / 2) % 4 < (x === 1000 ? 1 : 3) ? 1 : 0));
  const probabilities = await softmaxRegression(rows, classes, 2);
  expect(probabilities([1000, 7])[1]).toBeCloseTo(0.25, 1);
  expect(probabilities([1001, 7])[1]).toBeCloseTo(0.75, 1);
});

describe('authors of stories', () => {
  let authorship: Authorship;
  const test2 = [0, 1, 2].map((author) => document(author, 9, 12));
  beforeAll(async () => {
    authorship = await learnAuthorship(books, { key, stories: 30 });
  });

  test('are named in unseen documents, with a confidence that is deserved', () => {
    const { accuracy, confidence } = authorship.heldOut;
    expect(accuracy).toBeGreaterThan(0.9);
    expect(Math.abs(accuracy - confidence)).toBeLessThan(0.1);
    for (const { author, pieces } of test2) {
      const probable = authorship.authorOf(pieces[0]!);
      expect(probable.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 6);
      expect(probable[author]).toBeGreaterThan(0.5);
    }
  });

  test('are counted, and mixed ones told from others', async () => {
    const draw = random.stream(key);
    const one = await authorship.judge(drawStory(test2, 1, 5, draw));
    const three = await authorship.judge(drawStory(test2, 3, 5, draw));
    expect(one.mixed).toBeLessThan(0.5);
    expect(three.mixed).toBeGreaterThan(0.5);
    expect(three.counts).toHaveLength(3);
    expect(three.counts[2]).toBeGreaterThan(one.counts[2]!);
    const [first, second] = test2;
    const { alike } = authorship.profiles;
    expect(alike(first!.pieces[0]!, first!.pieces[1]!)).toBeGreaterThan(
      alike(first!.pieces[0]!, second!.pieces[1]!),
    );
    expect(one.rates.falseAlarms).toBeLessThan(0.3);
    expect(one.rates.misses).toBeLessThan(0.3);
  });

  test('two pieces have two authors at most', async () => {
    const { counts } = await authorship.judge(drawStory(test2, 2, 2, random.stream(key)));
    expect(counts).toHaveLength(2);
  });
});

test('a story is of blocks, each of one document', () => {
  const marked = books.map(({ author, pieces }, book) => ({
    author,
    pieces: pieces.map(() => styleOf(`book ${book}!`)),
  }));
  const draw = random.stream(key);
  for (let i = 0; i < 20; i++) {
    const story = drawStory(marked, 3, 5, draw).map(
      ({ trigrams }) => Array.from(trigrams, trigramText).at(-2)!,
    );
    expect(story).toHaveLength(5);
    const changes = story.slice(1).filter((piece, at) => piece !== story[at]).length;
    expect(changes).toBe(2);
    expect(new Set(story).size).toBe(3);
  }
});
