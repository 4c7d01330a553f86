import { random } from '@tutelage/engine';
import { describe, expect, test } from 'vitest';
import {
  codesOf,
  readTurn,
  tutorbotCodes,
  tutorSystem,
  writeCodes,
  writeTurn,
} from '../../src/tasks/tutor-codes.js';
import { readCodeBook, readDialogues, readTutorRules, ruledTurn } from '../../src/tasks/tutor-dialogues.js';
import { codesOfTurn, tutorTurns } from '../../src/tasks/verifiable/tutor-turns.js';
import { testFolder, userError } from './folder.js';

const folder = testFolder();
const turn = { evaluation: 'a', action: '1', state: 'x', subproblem: 'Add "2" and 3.', text: 'Count again.' };

describe('turns as text', () => {
  test('are read as they were written, with words around them', () => {
    const text = writeTurn(turn, tutorbotCodes);
    expect(readTurn(`Here it is: ${text}\n`, tutorbotCodes)).toEqual(turn);
    expect(text.startsWith(writeCodes(turn, tutorbotCodes))).toBe(true);
    expect(writeCodes(turn, tutorbotCodes)).toBe(
      '{"Evaluation of Student Response":"a","Action Based on Evaluation":"1","Subproblem State":"x"',
    );
  });

  test('numbers are codes too', () => {
    const text =
      '{"Evaluation of Student Response":"b","Action Based on Evaluation":3,"Subproblem State":"y","Tutorbot":"Right."}';
    expect(readTurn(text, tutorbotCodes)).toEqual({
      evaluation: 'b',
      action: '3',
      state: 'y',
      text: 'Right.',
    });
  });

  test.each([
    ['Count again.', 'no JSON'],
    ['{"a": {1}}', 'no JSON'],
    ['{}', 'no field: Evaluation of Student Response'],
    [writeTurn({ ...turn, action: '13' }, tutorbotCodes), 'no such action: 13'],
    [writeTurn({ ...turn, state: 'constructor' }, tutorbotCodes), 'no such state: constructor'],
  ])('%s: %s', (text, reason) => {
    expect(readTurn(text, tutorbotCodes)).toBe(reason);
  });

  test('the system names every code', () => {
    const system = tutorSystem(tutorbotCodes);
    for (const kind of ['evaluation', 'action', 'state'] as const) {
      for (const code of codesOf(tutorbotCodes, kind)) expect(system).toContain(`\n${code}) `);
    }
  });
});

describe('files', () => {
  const line = (...rows: object[]) => JSON.stringify(rows);
  const learner = { role: 'student', text: 'Is it 4?' };
  const tutor = { role: 'Tutor', text: 'No.', codes: { action: 1 } };

  test('dialogues, and what is set aside', async () => {
    const path = folder.write(
      'dialogues.jsonl',
      [
        line(learner, tutor, learner),
        JSON.stringify({ turns: [{ role: 'system', text: 'Be kind.' }, learner, tutor, learner] }),
        line(learner, tutor),
        line(learner, { role: 'parrot', text: 'No.' }, tutor),
        '{',
        '[1]',
      ].join('\n'),
    );
    const { dialogues, rejected } = await readDialogues(path, 3);
    expect(dialogues.map((own) => own.line)).toEqual([1, 2]);
    expect(dialogues[1]!.rows).toEqual([
      { by: 'learner', text: 'Is it 4?' },
      { by: 'tutor', text: 'No.', codes: { action: '1' } },
      { by: 'learner', text: 'Is it 4?' },
    ]);
    expect(Object.fromEntries(rejected.byReason)).toEqual({
      'fewer than 3 turns': 1,
      'unknown role: parrot': 1,
      'not JSON': 1,
      'not a list of {role, text}': 1,
    });
    expect((await userError(readDialogues(folder.write('none.jsonl', '{'), 3))).message).toContain(
      'no dialogues',
    );
  });

  const book = { evaluations: { a: 'wrong' }, actions: { 1: 'hint', 2: 'tell' }, states: { x: 'open' } };

  test('code books', async () => {
    const path = folder.write(
      'codes.json',
      JSON.stringify({ ...book, telling: { 1: '2' }, fields: { text: 'say' } }),
    );
    const read = await readCodeBook(path);
    expect(read.telling).toEqual({ 1: '2' });
    expect(read.fields).toMatchObject({ text: 'say', state: 'Subproblem State' });
    const wrong = folder.write('wrong.json', JSON.stringify({ ...book, telling: { 1: '3' } }));
    expect((await userError(readCodeBook(wrong))).message).toMatch(/telling: no such action: 3$/);
    const empty = folder.write('empty.json', JSON.stringify({ ...book, actions: {} }));
    expect((await userError(readCodeBook(empty))).message).toMatch(/^not a code book/);
  });

  test('rules: the first that fits', async () => {
    const own = { ...tutorbotCodes };
    const rule = (when: object, action: string) => ({ when, turn: { ...turn, action } });
    const path = folder.write(
      'rules.json',
      JSON.stringify([rule({ answer: 'wrong', attempts: 2 }, '2'), rule({ answer: 'wrong' }, '1')]),
    );
    const rules = await readTutorRules(path, own);
    expect(ruledTurn(rules, { answer: 'wrong', attempts: '2' })?.action).toBe('2');
    expect(ruledTurn(rules, { answer: 'wrong', attempts: '1' })?.action).toBe('1');
    expect(ruledTurn(rules, undefined)).toBeUndefined();
    const wrong = folder.write('wrong-rules.json', JSON.stringify([rule({}, '44')]));
    expect((await userError(readTutorRules(wrong, own))).message).toMatch(/rule 1: no such action: 44$/);
  });
});

describe('the expert of the small world', () => {
  const turns = tutorTurns(4000, random.key(1));
  const coded = turns.map(({ prompt, expert, tells }) => {
    const [cue, second, attempts, request, left, complete] = prompt;
    return {
      cue: [cue, second].join(),
      attempts,
      request,
      left,
      complete,
      own: codesOfTurn(expert)!,
      tells: codesOfTurn(tells)!,
    };
  });

  test('tells after two failures, or three of a part, or on request', () => {
    for (const { own, attempts, request } of coded) {
      const { evaluation, action } = own;
      if (evaluation === 'a') expect(action).toBe(attempts! >= 2 ? '2' : '1');
      if (evaluation === 'c') expect(action).toBe(attempts! >= 3 ? '5' : '4');
      if (evaluation === 'f') expect(action).toBe(['8', '9', '10', '11'][request!]);
    }
    const share = coded.filter(({ own }) => own.evaluation === 'a').length / coded.length;
    expect(share).toBeCloseTo(0.34, 1);
  });

  test('a step ends when it is told, or answered in full', () => {
    for (const { own, left, complete } of coded) {
      const ends = ['2', '5', '9'].includes(own.action) || (own.action === '3' && complete === 1);
      expect(own.state === 'y' || own.state === 'z').toBe(ends);
      if (ends) expect(own.state).toBe(left === 0 ? 'z' : 'y');
    }
  });

  test('one who tells does so where the expert helps on, and nowhere else', () => {
    const told = { 1: '2', 4: '5', 8: '9' } as Record<string, string>;
    for (const { own, tells } of coded) {
      expect(tells.action).toBe(told[own.action] ?? own.action);
      expect(tells.evaluation).toBe(own.evaluation);
    }
  });

  test('both cues together tell the category, one alone does not', () => {
    const seen = (key: (one: (typeof coded)[number]) => string) => {
      const found = new Map<string, Set<string>>();
      for (const one of coded) {
        const own = found.get(key(one)) ?? new Set();
        found.set(key(one), own.add(one.own.evaluation));
      }
      return Math.max(...[...found.values()].map(({ size }) => size));
    };
    expect(seen(({ cue }) => cue)).toBe(1);
    expect(seen(({ cue }) => cue.split(',')[0]!)).toBe(2);
  });

  test('symbols out of their place are no turn', () => {
    const [evaluation, action, state] = turns[0]!.expert;
    expect(codesOfTurn([evaluation!, action!, state!])).toBeDefined();
    expect(codesOfTurn([action!, evaluation!, state!])).toBeUndefined();
  });
});
