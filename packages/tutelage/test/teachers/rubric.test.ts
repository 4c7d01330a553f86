import { describe, expect, test } from 'vitest';
import type { RubricCategory } from '../../src/tasks/rubric.js';
import {
  hasExamples,
  readRubricAnswer,
  rubricMessages,
  withoutHandles,
} from '../../src/teachers/rubric-prompts.js';
import { asked, gated } from '../../src/teachers/rubric-reliability.js';

const category: RubricCategory = {
  key: 'english',
  statement: 'It is in English.',
  not: 'names',
  inverted: true,
  examples: [
    { comment: 'bueno', context: { Lecture: 'One' }, label: true, explanation: 'Spanish.' },
    { comment: 'good', context: {}, label: false },
  ],
};
const item = { comment: 'merci', context: { Lecture: 'Two' } };
const messages = (variant: 'zero-shot' | 'few-shot' | 'reasoning') =>
  rubricMessages({ about: 'comments on lectures' }, category, variant, item);

describe('questions by a rubric', () => {
  test('the statement alone', () => {
    const [system, user] = messages('zero-shot');
    expect(system!.content).toContain('Statement: It is in English. This does not count: names');
    expect(user!.content).toBe('Lecture: Two\nComment: merci\nTrue or false?');
  });

  test('examples are answered for the statement, not for the category', () => {
    const shown = messages('few-shot');
    expect(shown.map(({ role }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'user',
      'assistant',
      'user',
    ]);
    expect([shown[2]!.content, shown[4]!.content]).toEqual(['false', 'true']);
  });

  test('reasons come before labels, and examples without one are left out', () => {
    const shown = messages('reasoning');
    expect(shown).toHaveLength(4);
    expect(shown[2]!.content).toBe('Spanish.\nLabel: false');
  });

  test('what a category can be asked with', () => {
    const bare = { ...category, examples: [] };
    expect(hasExamples(bare, 'zero-shot')).toBe(true);
    expect(hasExamples(bare, 'few-shot')).toBe(false);
    expect(hasExamples({ ...category, examples: category.examples.slice(1) }, 'reasoning')).toBe(false);
  });

  test.each([
    ['true', true],
    [' "False." ', false],
    ['It says label: but then\nLabel: TRUE', true],
    ['**true**', true],
    ['The statement is true', undefined],
    ['true or false', undefined],
    ['', undefined],
  ])('%j is read', (answer, label) => {
    expect(readRubricAnswer(answer, { inverted: false })).toBe(label);
    expect(readRubricAnswer(answer, { inverted: true })).toBe(label === undefined ? undefined : !label);
  });

  test('handles go, the sign stays', () => {
    expect(withoutHandles('@Ana-1 and @łukasz: see 3@4')).toBe('@name and @name: see 3@name');
  });
});

describe('the gate', () => {
  const truth = Array.from({ length: 80 }, (_, i) => i % 4 === 0);
  const answers = (wrong: (i: number) => boolean) =>
    truth.map((yes, i) => ({ raw: '', label: yes !== wrong(i) }));
  const people = [truth, truth.map((yes, i) => (i === 1 ? !yes : yes))];
  const good = asked(
    'a',
    'zero-shot',
    answers((i) => i % 20 === 3),
    people,
    1,
  );
  const bad = asked(
    'a',
    'few-shot',
    answers((i) => i % 2 === 0),
    people,
    1,
  );

  test('the better variant is chosen, and judged by the other half', () => {
    const { chosen, judged, passes } = gated([bad, good], people, 0.4, 1);
    expect(chosen.variant).toBe('zero-shot');
    expect(judged!.items).toBe(40);
    expect(passes).toBe(true);
  });

  test('a single variant is judged by all', () => {
    expect(gated([good], people, 0.4, 1).judged!.items).toBe(80);
    expect(gated([bad], people, 0.4, 1).passes).toBe(false);
    expect(gated([good], people, 0.99, 1).passes).toBe(false);
  });

  test('without a yes of people nothing passes, however alike', () => {
    const none = truth.map(() => false);
    const silent = none.map((label) => ({ raw: '', label }));
    const empty = asked('a', 'zero-shot', silent, [none, none], 1);
    expect(empty.reliability!.model.estimate).toBe(1);
    expect(gated([empty], [none, none], 0.4, 1).passes).toBe(false);
  });

  test('without people the first variant passes', () => {
    expect(gated([asked('a', 'zero-shot', [], [], 1)], [], 0.4, 1)).toMatchObject({ passes: true });
  });
});
