import type { Comment, ShownReproduction } from '@tutelage/studio/api';
import { expect, test } from 'vitest';
import { threads } from '../../web/src/comments.js';
import { sentWords } from '../../web/src/digests.js';
import { filtersIn, idsIn, importedWords, isFiltered, papersAddress } from '../../web/src/filters.js';
import { bytes, count, day, duration, number, percent, signed } from '../../web/src/format.js';
import { passagesIn, ranked } from '../../web/src/ranking.js';
import { armRole, leadWords, rangeWords } from '../../web/src/reproductions.js';
import { pathOf, routeOf, withParameters } from '../../web/src/routes.js';
import { figureOf, settingText } from '../../web/src/runs.js';
import { logEnd, plainLog } from '../../web/src/states.js';
import { commands, isDrawn, kindWords, metricText } from '../../web/src/students.js';
import { uploadPath } from '../../web/src/uploads.js';

test.each([
  ['/', { page: 'papers' }],
  ['/papers', { page: 'papers' }],
  ['/papers/2405.04434', { page: 'paper', id: '2405.04434' }],
  ['/papers/cs%2F9901001', { page: 'paper', id: 'cs/9901001' }],
  ['/runs/', { page: 'runs' }],
  ['/runs/a', { page: 'run', id: 'a' }],
  ['/jobs/a', { page: 'job', id: 'a' }],
  ['/students/taught%3Aa%3Astudent', { page: 'student', id: 'taught:a:student' }],
  ['/taught/a', { page: 'taught', id: 'a' }],
  ['/students/a/b', { page: 'absent' }],
  ['/students/%E0', { page: 'absent' }],
  ['/toString', { page: 'absent' }],
  ['/constructor/x', { page: 'absent' }],
])('the page at %s', (path, route) => {
  expect(routeOf(path)).toEqual(route);
});

test('an address leads back to what it was made of', () => {
  expect(routeOf(pathOf('papers', 'a/b ?#%'))).toEqual({ page: 'paper', id: 'a/b ?#%' });
});

test('filters stand in the address', () => {
  expect(withParameters('?q=a&year=2020', { q: '', family: 'data' })).toBe('?year=2020&family=data');
  expect(withParameters('?q=a', { q: undefined })).toBe('');
  const filters = filtersIn('?q=a%20b&year=2020&other=1');
  expect(filters).toMatchObject({ q: 'a b', year: '2020', family: '' });
  expect(papersAddress(filters, 50)).toBe('/api/papers?q=a+b&year=2020&limit=50');
  expect(isFiltered(filters)).toBe(true);
  expect(isFiltered(filtersIn('?sort=trending'))).toBe(false);
});

test('numbers, sizes and times in words', () => {
  expect([day('2025-12-09'), count(1, 'author'), count(47, 'paper')]).toEqual([
    'Dec 9, 2025',
    '1 author',
    '47 papers',
  ]);
  expect([0, 59.6, 120, 7500, 7200].map(duration)).toEqual(['0 s', '60 s', '2 min', '2 h 5 min', '2 h']);
  expect([468, 999, 855_000, 3_100_000, 26_800_000].map(bytes)).toEqual([
    '468 B',
    '999 B',
    '855 kB',
    '3.1 MB',
    '27 MB',
  ]);
  expect([0, 20_000, 0.303, 12.3456, 1.5e-7, 1234567.5].map(number)).toEqual([
    '0',
    '20,000',
    '0.303',
    '12.35',
    '1.5e-7',
    '1.2e+6',
  ]);
  expect([percent(0.917), signed(-0.5), signed(0.25)]).toEqual(['91.7 %', '−0.500', '+0.250']);
});

test('what an import did, and ids however they are separated', () => {
  expect(importedWords({ added: 2, updated: 0, unchanged: 45, papers: [] })).toBe('2 new, 45 known');
  expect(importedWords({ added: 0, updated: 0, unchanged: 0, papers: [] })).toBe('none');
  expect(idsIn(' 2405.04434, https://arxiv.org/abs/1\n3;')).toEqual([
    '2405.04434',
    'https://arxiv.org/abs/1',
    '3',
  ]);
});

test('answers stand below what they answer; one to a comment that is gone stands by itself', () => {
  const comment = (id: number, parent?: number): Comment => ({
    id,
    author: 'me',
    text: '',
    created: '2026-01-01T00:00:00Z',
    ...(parent !== undefined && { parent }),
  });
  const shown = threads([comment(1), comment(2), comment(3, 1), comment(4, 3), comment(5, 99)]);
  expect(shown.map(({ comment: { id }, depth }) => [id, depth])).toEqual([
    [1, 0],
    [3, 1],
    [4, 2],
    [2, 0],
    [5, 0],
  ]);
});

test('what a reproduction found', () => {
  const arms = { arm: 'a', against: 'b' } as ShownReproduction;
  expect(leadWords({ estimate: 0.303, low: -0.01, high: 0.5 })).toBe('+0.303 (−0.0100 to +0.500)');
  expect([rangeWords([0.2, 0.1]), rangeWords([1])]).toEqual(['0.100 to 0.200', '']);
  expect(['a', 'b', 'c'].map((id) => armRole(id, arms))).toEqual(['claimed', 'baseline', '']);
});

test('what lists say of runs and students', () => {
  expect(figureOf({ last: { 'gradient norm': 1, 'train loss': 0.5 } })).toBe('train loss 0.500');
  expect(figureOf({ last: {} })).toBe('');
  expect(figureOf({ last: {}, result: { name: 'accuracy', value: 0.5 } })).toBe('50.0 %');
  expect(figureOf({ last: {}, result: { name: 'bits per byte', value: 1.5 } })).toBe('bits per byte 1.5');
  expect([settingText(null), settingText('a'), settingText([1])]).toEqual(['–', 'a', '[1]']);
  expect(metricText({ name: 'accuracy', value: 0.5, low: 0.4, high: 0.6 })).toBe('50.0 % (40.0 % to 60.0 %)');
  expect(metricText({ name: 'milliseconds', value: 0.04 })).toBe('0.0400 ms');
  const shown = { kind: 'classifier', input: 'image', folder: 'runs/x/student', labels: ['a'] } as const;
  expect(commands(shown)).toContain('predict runs/x/student picture.png');
  expect(commands({ ...shown, kind: 'retriever', input: 'text' })).toContain('--documents passages.jsonl');
  expect([
    kindWords({ ...shown, labels: ['a'] }),
    kindWords({ ...shown, kind: 'language-model', labels: [] }),
  ]).toEqual(['1 label of images', 'language model']);
  expect([isDrawn({ height: 28, width: 28 }), isDrawn({ height: 224, width: 224 })]).toEqual([true, false]);
  expect(sentWords({ outcome: 'written', papers: 1 })).toContain('with 1 paper,');
});

test('passages are ranked by their likeness to the query, each once', () => {
  expect(passagesIn(' one \n\ntwo\r\none')).toEqual(['one', 'two']);
  const vectors = [
    [1, 0],
    [0, 1],
    [-1, 1],
  ].map((vector) => Float32Array.from(vector));
  expect(ranked(Float32Array.of(-0.5, 2), ['a', 'b', 'c'], vectors)).toEqual([
    { passage: 'c', score: 2.5 },
    { passage: 'b', score: 2 },
    { passage: 'a', score: -0.5 },
  ]);
});

test('logs without colours, and without what a progress bar wrote over', () => {
  expect(plainLog('\u001b[32mdone\u001b[0m\n 1 %\r 50 %\r100 %\r\nend')).toBe('done\n100 %\nend');
  expect(logEnd('first\nsecond\nthird', 10)).toBe('third');
  expect(logEnd('short', 10)).toBe('short');
});

test('where uploads are kept', () => {
  expect(['a.csv', 'set/cat/1.png', 'set/train/cat/1.png'].map(uploadPath)).toEqual([
    'a.csv',
    'set/cat/1.png',
    'set/cat/1.png',
  ]);
});
