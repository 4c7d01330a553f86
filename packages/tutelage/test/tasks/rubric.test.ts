import { describe, expect, test } from 'vitest';
import { readRubric } from '../../src/tasks/rubric.js';
import { testFolder } from './folder.js';

const folder = testFolder();
const category = { key: 'thanks', statement: 'It thanks.' };
const good = { comments: 'comments.csv', categories: [category] };
const written = (rubric: unknown) => folder.write('rubric.json', JSON.stringify(rubric));

describe('a rubric', () => {
  test('defaults, and the table beside it', () => {
    const rubric = readRubric(written(good));
    expect(rubric).toMatchObject({ comment: 'comment', about: 'comments', context: {}, annotators: [] });
    expect(rubric.categories[0]).toMatchObject({ inverted: false, examples: [] });
    expect(rubric.path).toBe(`${folder.path}/comments.csv`);
  });

  test('the example of the documentation', () => {
    const path = new URL('../../../../docs/examples/sight-rubric.json', import.meta.url).pathname;
    const { categories } = readRubric(path);
    expect(categories).toHaveLength(9);
    for (const { examples } of categories) {
      expect(examples.some(({ label }) => label)).toBe(true);
      expect(examples.some(({ label }) => !label)).toBe(true);
      expect(examples.every(({ explanation }) => explanation !== undefined)).toBe(true);
    }
  });

  test.each([
    ['no categories', { ...good, categories: [] }, 'categories'],
    ['a category without a statement', { ...good, categories: [{ key: 'a' }] }, 'categories.0.statement'],
    ['an unknown member', { ...good, gates: 1 }, 'gates'],
    ['a category given twice', { ...good, categories: [category, category] }, 'category given twice: thanks'],
    ['one annotator', { ...good, annotators: ['H1_{category}'] }, 'one annotator'],
    ['annotators without a place for the category', { ...good, annotators: ['H1', 'H2'] }, '{category}'],
    ['a group that is no context', { ...good, group: 'lecture' }, 'group is no column of the context'],
    [
      'an example with a context that there is not',
      {
        ...good,
        categories: [{ ...category, examples: [{ comment: 'x', label: true, context: { Lecture: '1' } }] }],
      },
      'no such context: Lecture',
    ],
  ])('%s is refused', (_, rubric, message) => {
    expect(() => readRubric(written(rubric))).toThrow(message);
  });

  test('a file that is no JSON is refused', () => {
    expect(() => readRubric(folder.write('broken.json', '{'))).toThrow('not a readable JSON file');
  });
});
