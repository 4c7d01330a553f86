import { describe, expect, test } from 'vitest';
import {
  type AnsweredItem,
  accuracyBySkill,
  difficultQuestions,
  isRight,
  usableRules,
} from '../../src/assessment/difficult-questions.js';

const limits = { lowStep: 0.3, lowAnswer: 0.6, agreeing: 0.6, longest: 0.5 };
const answered = (id: string, responses: string[], more: object = {}): AnsweredItem => ({
  item: { id, question: id, answer: '4', skills: ['adding', id] },
  answers: responses.map((response) => ({ id, response })),
  ...more,
});
const ids = (found: readonly AnsweredItem[]) => found.map(({ item }) => item.id);

describe('difficult questions are told', () => {
  test('by wrong answers, or as somebody marked them', () => {
    const marked = { ...answered('c', []), answers: [{ id: 'c', response: '#### 4', correct: false }] };
    const all = [answered('a', ['so it is #### 4']), answered('b', ['#### 5']), marked, answered('d', [''])];
    expect(ids(difficultQuestions(all, 'answers', limits))).toEqual(['b', 'c', 'd']);
    expect(isRight(all[0]!.item, all[0]!.answers[0]!)).toBe(true);
  });

  test('by a bad step, a bad last step or a low mean', () => {
    const scored = (id: string, scores: number[]) => answered(id, ['x'], { scores });
    const all = [
      scored('good', [0.9, 0.7]),
      scored('step', [1, 0.2, 1]),
      scored('end', [1, 1, 0.5]),
      scored('mean', [0.4, 0.5, 0.65]),
    ];
    expect(ids(difficultQuestions(all, 'scores', limits))).toEqual(['step', 'end', 'mean']);
  });

  test('by answers that do not agree', () => {
    const all = [
      answered('a', ['#### 4', '#### 4.0', '#### 5']),
      answered('b', ['#### 1', '#### 2', '#### 3']),
    ];
    expect(ids(difficultQuestions(all, 'consistency', limits))).toEqual(['b']);
  });

  test('by their length', () => {
    const all = [answered('short', ['x']), answered('long', ['xxxx']), answered('middle', ['xx'])];
    expect(ids(difficultQuestions(all, 'length', { ...limits, longest: 0.4 }))).toEqual(['long']);
  });
});

test('rules are usable where all questions have what they need', () => {
  const { answer: _, ...open } = answered('b', ['x', 'y']).item;
  expect(usableRules([answered('a', ['x', 'y'])])).toEqual(['answers', 'consistency', 'length']);
  expect(usableRules([answered('a', ['x']), { ...answered('b', ['x', 'y']), item: open }])).toEqual([
    'length',
  ]);
  expect(usableRules([answered('a', ['x'], { scores: [1] })])).toEqual(['answers', 'scores', 'length']);
});

test('skills are counted one by one', () => {
  const found = accuracyBySkill([answered('a', ['#### 4']), answered('b', ['#### 5'])]);
  expect(found.get('adding')).toEqual({ right: 1, of: 2 });
  expect(found.get('b')).toEqual({ right: 0, of: 1 });
});
