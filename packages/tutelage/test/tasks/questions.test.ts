import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readQuestions } from '../../src/tasks/questions.js';
import { sharedData, testFolder } from './folder.js';

const folder = testFolder();
const lines = (...items: unknown[]) =>
  folder.write('items.jsonl', `${items.map((item) => JSON.stringify(item)).join('\n')}\n`);

describe('questions', () => {
  test('with options, with a number, and without an answer', () => {
    const read = readQuestions(
      lines(
        { id: 'a', question: 'Which?', options: ['red', 'blue'], answer: 'Red', explanation: ' It burns. ' },
        { question: 'How many?', answer: 12 },
        { question: 'Is it?', answer: true },
        { question: 'Open?', options: ['x', 'y'] },
      ),
    );
    expect(read).toEqual([
      { id: 'a', text: 'Which?', options: ['red', 'blue'], answer: 'red', explanation: 'It burns.' },
      { id: '2', text: 'How many?', options: [], answer: '12' },
      { id: '3', text: 'Is it?', options: ['yes', 'no'], answer: 'yes' },
      { id: '4', text: 'Open?', options: ['x', 'y'] },
    ]);
  });

  test('as GSM8K writes them', () => {
    const answer = 'She has 4 * 2 = <<4*2=8>>8 eggs.\nThat is $<<8*200=1600>>1600.\n#### 1,600';
    expect(readQuestions(lines({ question: 'How much?', answer }))[0]).toMatchObject({
      answer: '1600',
      explanation: 'She has 4 * 2 = 8 eggs. That is $1600.',
    });
  });

  test.each([
    [
      'an answer that is none of the options',
      [{ question: 'q', options: ['a', 'b'], answer: 'c' }],
      'none of the options: c',
    ],
    ['an answer in words without options', [{ question: 'q', answer: 'many' }], 'the answer is no number'],
    ['no question', [{ answer: 1 }], 'not a question'],
    [
      'ids that occur twice',
      [
        { id: 1, question: 'q' },
        { id: '1', question: 'r' },
      ],
      'id occurs twice: 1',
    ],
  ])('%s is refused with its place', (_, items, message) => {
    expect(() => readQuestions(lines(...items))).toThrow(message);
    expect(() => readQuestions(lines(...items))).toThrow('items.jsonl');
  });

  test('what is no JSON, nothing, or not there is refused', () => {
    expect(() => readQuestions(folder.write('bad.jsonl', '{"question": "q"}\nnope\n'))).toThrow(
      `not JSON: ${join(folder.path, 'bad.jsonl')}:2`,
    );
    expect(() => readQuestions(folder.write('none.jsonl', '\n'))).toThrow('no questions');
    expect(() => readQuestions('/no/such.jsonl')).toThrow("can't be read");
  });

  const strategyqa = sharedData('strategyqa');
  test.skipIf(!strategyqa)('StrategyQA as published (needs the shared data strategyqa)', () => {
    const json = gunzipSync(readFileSync(join(strategyqa!, 'dev.json.gz')));
    const read = readQuestions(folder.write('dev.json', json));
    expect(read).toHaveLength(229);
    expect(read[0]).toMatchObject({ id: 'e0044a7b4d146d611e73', options: ['yes', 'no'], answer: 'no' });
    expect(read.every(({ explanation }) => explanation !== undefined)).toBe(true);
  });
});
