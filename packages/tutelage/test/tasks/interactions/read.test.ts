import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import {
  type Interactions,
  openInteractions,
  type ReadingOptions,
  readInteractions,
} from '../../../src/tasks/interactions/index.js';
import { sharedData, testFolder, userError } from '../folder.js';

const folder = testFolder();

const read = async (path: string, options: ReadingOptions = { shortest: 1 }) =>
  readInteractions(path, await openInteractions(path), options);

/** Each learner's answers as `question[concepts]response`. */
function told(data: Interactions): Record<string, string[]> {
  return Object.fromEntries(
    data.learners.map((learner, u) => [
      learner,
      Array.from({ length: data.offsets[u + 1]! - data.offsets[u]! }, (_, i) => {
        const row = data.offsets[u]! + i;
        const names = Array.from(data.conceptSets[data.conceptSet[row]!]!, (k) => data.concepts[k]!);
        return `${data.questions[data.question[row]!]}[${names}]${data.response[row]}`;
      }),
    ]),
  );
}

const file = (name: string, lines: readonly string[]) => folder.write(name, `${lines.join('\n')}\n`);

describe('pyKT', () => {
  it('reads six lines a learner, with several concepts and times out of order', async () => {
    const path = file('six.txt', [
      ...['ann,3', 'q1,q2,q3', 'a_b,a,c', '1,0,1', '30,10,20', '5,6,7'],
      ...['bob,2', 'q1,q2', 'a_b,a', '0,1', '1,2', '5,6'],
    ]);
    const { interactions, preparation, warnings } = await read(path);
    expect(told(interactions)).toEqual({
      ann: ['q2[a]0', 'q3[c]1', 'q1[a,b]1'],
      bob: ['q1[a,b]0', 'q2[a]1'],
    });
    expect(Array.from(interactions.time!)).toEqual([10, 20, 30, 1, 2]);
    expect(Array.from(interactions.duration!)).toEqual([6, 7, 5, 5, 6]);
    expect(preparation.unordered).toBe(1);
    expect(warnings.join()).toContain("1 learners' answers were not in the order of time");
    expect(warnings.join()).toContain('several concepts');
  });

  it('takes NA for what is not there', async () => {
    const path = file('na.txt', [
      'ann,2',
      'NA',
      'a,b',
      '1,0',
      'NA',
      'NA',
      'bob,1',
      'NA',
      'a',
      '1',
      'NA',
      'NA',
    ]);
    const { interactions } = await read(path);
    expect(told(interactions)).toEqual({ ann: ['a[a]1', 'b[b]0'], bob: ['a[a]1'] });
    expect(interactions.time).toBeUndefined();
  });

  it('reads three lines a learner, with a comma at the end, and says which line is wrong', async () => {
    const path = file('three.csv', [
      '2',
      '7,8,',
      '1,0,',
      '3',
      '7,8',
      '1,0,1',
      '2',
      '7,7',
      '0,2',
      '1',
      '7',
      '1',
    ]);
    const { interactions, rejected } = await read(path);
    expect(told(interactions)).toEqual({ 1: ['7[7]1', '8[8]0'], 3: ['7[7]0'], 4: ['7[7]1'] });
    expect(rejected.first.map(({ row, reason }) => [row, reason])).toEqual([
      [4, 'length is not that of the list: 3'],
      [7, 'response is neither 0 nor 1'],
    ]);
  });

  it('reads tables of learners with their folds, and refuses a learner in two', async () => {
    const head = 'fold,uid,concepts,responses';
    const good = file('folds.csv', [
      head,
      '0,1,"a,b","1,0"',
      '-1,2,"a,a","0,1"',
      '0,1,"c","1,-1"'.replace('"c"', '"c,-1"'),
    ]);
    const { interactions } = await read(good);
    expect(told(interactions)).toEqual({ 1: ['a[a]1', 'b[b]0', 'c[c]1'], 2: ['a[a]0', 'a[a]1'] });
    expect(Array.from(interactions.folds!)).toEqual([0, -1]);
    const bad = file('two-folds.csv', [head, '0,1,"a,b","1,0"', '1,1,"a,a","0,1"']);
    expect((await userError(read(bad))).message).toContain('learner in two folds: 1, row 3');
  });
});

describe('ASSISTments', () => {
  const columns =
    'order_id,assignment_id,user_id,problem_id,original,correct,attempt_count,ms_first_response,skill_id,skill_name';

  it('makes one answer of the rows of several skills, and drops repeated ones', async () => {
    const rows = [
      '20,1,u1,p2,1,1,1,900,s1,Area',
      '10,1,u1,p1,1,0,1,800,s1,Area',
      '10,1,u1,p1,1,0,1,800,s2,Perimeter',
      '10,1,u1,p1,1,0,1,800,s2,Perimeter',
      '30,1,u1,p3,1,1,1,800,,',
      '11,1,u2,p1,1,1,1,700,s2,P\u00e9rim\u00e8tre',
      '12,1,u2,p1,1,0.5,1,700,s2,Perimeter',
      '13,1,u2,p2,1,1,1,700,s1,Area',
      '14,1,u2,p2,1,1,1,700,s1,Area',
    ];
    const path = folder.write('skill_builder.csv', Buffer.from([columns, ...rows].join('\r\n'), 'latin1'));
    const { interactions, preparation, rejected, format } = await read(path);
    expect(format).toBe('ASSISTments skill builder');
    expect(told(interactions)).toEqual({
      u1: ['p1[s1,s2]0', 'p2[s1]1'],
      u2: ['p1[s2]1', 'p2[s1]1', 'p2[s1]1'],
    });
    expect(preparation).toMatchObject({ merged: 1, duplicates: 1, unordered: 1 });
    expect(Object.fromEntries(rejected.byReason)).toEqual({
      'no concept': 1,
      'response is neither 0 nor 1': 1,
    });
  });

  it('reads 2015, where fractional scores are left out', async () => {
    const path = file('2015.csv', [
      'user_id,log_id,sequence_id,correct',
      ...['1,5,s1,1', '1,4,s1,0', '1,6,s2,0.25', '2,7,s1,1', '2,8,s1,0', '2,9,s1,1'],
    ]);
    const { interactions, rejected } = await read(path);
    expect(told(interactions)).toEqual({ 1: ['s1[s1]0', 's1[s1]1'], 2: ['s1[s1]1', 's1[s1]0', 's1[s1]1'] });
    expect(rejected.total).toBe(1);
  });
});

describe('EdNet', () => {
  const questions = [
    'question_id,bundle_id,explanation_id,correct_answer,part,tags,deployed_at',
    ...['q1,b1,e1,a,3,1;2,0', 'q2,b1,e1,b,3,2,0', 'q3,b2,e2,c,5,7,0', 'q4,b3,e3,d,5,-1,0'],
  ].join('\n');

  it('reads KT1 and hides answers of one bundle from one another', async () => {
    folder.write('ednet1/contents/questions.csv', questions);
    const head = 'timestamp,solving_id,question_id,user_answer,elapsed_time';
    const more = Array.from({ length: 8 }, (_, i) => `${400 + i},${i + 3},q3,c,1000`);
    folder.write(
      'ednet1/KT1/u1.csv',
      [
        head,
        '100,1,q1,a,500',
        '100,1,q2,c,500',
        '300,2,q3,c,900',
        '350,3,q4,d,1',
        '360,4,q9,d,1',
        ...more,
      ].join('\n'),
    );
    folder.write('ednet1/KT1/u2.csv', [head, '100,1,q3,a,500'].join('\n'));
    const { interactions, rejected } = await read(join(folder.path, 'ednet1'));
    expect(told(interactions).u1!.slice(0, 3)).toEqual(['q1[1,2]1', 'q2[2]0', 'q3[7]1']);
    expect(Array.from(interactions.first.subarray(0, 3))).toEqual([0, 0, 2]);
    expect(rejected.first.map(({ source, row, reason }) => [source, row, reason])).toEqual([
      ['u1.csv', 5, 'no concept'],
      ['u1.csv', 6, 'unknown question: not in questions.csv'],
    ]);
  });

  it('makes KT1 of KT3: the last choice before a submission counts, and quitting counts for nothing', async () => {
    folder.write('ednet3/questions.csv', questions);
    const head = 'timestamp,action_type,item_id,source,user_answer,platform,cursor_time';
    const actions = [
      ...['100,enter,b1,sprint,,mobile', '110,respond,q1,sprint,b,mobile', '120,respond,q2,sprint,b,mobile'],
      ...[
        '125,eliminate_choice,q1,sprint,c,mobile',
        '130,respond,q1,sprint,a,mobile',
        '200,submit,b1,sprint,,mobile',
      ],
      ...['205,enter,e1,sprint,,mobile', '210,quit,e1,sprint,,mobile', '220,text_enter,b2,sprint,,mobile'],
      ...['230,respond,q3,sprint,c,mobile', '240,quit,b2,sprint,,mobile'],
      ...['250,enter,b2,sprint,,mobile', '260,respond,q3,sprint,a,mobile', '270,submit,b2,sprint,,mobile'],
    ];
    folder.write('ednet3/u7.csv', [head, ...actions].join('\n'));
    folder.write('ednet3/u8.csv', [head, ...actions].join('\n'));
    const { interactions } = await read(join(folder.path, 'ednet3'));
    expect(told(interactions).u7).toEqual(['q1[1,2]1', 'q2[2]1', 'q3[7]0']);
    expect(Array.from(interactions.duration!.subarray(0, 3))).toEqual([50, 50, 20]);
    expect(Array.from(interactions.time!.subarray(0, 3))).toEqual([100, 100, 250]);
    expect(Array.from(interactions.first.subarray(0, 3))).toEqual([0, 0, 2]);
  });

  it('asks for questions.csv', async () => {
    folder.write(
      'ednet-bare/u1.csv',
      'timestamp,solving_id,question_id,user_answer,elapsed_time\n1,1,q1,a,1',
    );
    expect((await userError(openInteractions(join(folder.path, 'ednet-bare')))).message).toContain(
      'questions.csv',
    );
  });
});

describe('tables', () => {
  it('reads DataShop, first attempts alone, with a warning of time zones', async () => {
    const path = file('datashop.txt', [
      'Row\tAnon Student Id\tTime\tProblem Name\tStep Name\tAttempt At Step\tOutcome\tKC (Default)',
      '1\tS1\t2006-11-08 14:04:12.0\tP\tstep 1\t1\tHINT\tadd~~carry',
      '2\tS1\t2006-11-08 14:04:22.0\tP\tstep 1\t2\tCORRECT\tadd~~carry',
      '3\tS1\t2006-11-08 14:05:22.0\tP\tstep 2\t1\tCORRECT\tadd',
      '4\tS2\t2006-11-08 14:05:22.0\tP\tstep 2\t1\tINCORRECT\tadd',
    ]);
    const { interactions, warnings } = await read(path);
    expect(told(interactions)).toEqual({
      S1: ['P / step 1[add,carry]0', 'P / step 2[add]1'],
      S2: ['P / step 2[add]0'],
    });
    expect(warnings.join()).toContain('3 times have no time zone');
  });

  it('reads a table that a description maps, with scores', async () => {
    file('log.csv', ['wer,was,punkte,themen', 'a,x,0.9,m+n', 'a,y,0.2,m', 'b,x,0.7,m+n', 'b,y,none,m']);
    const path = folder.write(
      'log.json',
      JSON.stringify({
        file: 'log.csv',
        columns: { learner: 'wer', question: 'was', response: 'punkte', concepts: 'themen' },
        separator: '+',
        threshold: 0.6,
      }),
    );
    const { interactions, rejected } = await read(path);
    expect(told(interactions)).toEqual({ a: ['x[m,n]1', 'y[m]0'], b: ['x[m,n]1'] });
    expect(rejected.total).toBe(1);
    const wrong = folder.write('wrong.json', JSON.stringify({ file: 'log.csv', colums: {} }));
    expect((await userError(openInteractions(wrong))).message).toContain('colums');
  });

  it('names what is missing', async () => {
    const path = file('pupils.csv', ['user_id,city,correct', '1,Bonn,1', '2,Kiel,0']);
    expect((await userError(openInteractions(path))).message).toContain('no question column');
  });
});

describe('statements', () => {
  const xapi = (name: string, question: string, result: object, more: object = {}) => ({
    id: `${name}${question}`,
    actor: { account: { name, homePage: 'https://school' } },
    verb: { id: 'http://adlnet.gov/expapi/verbs/answered' },
    object: { id: question, definition: { correctResponsesPattern: ['a[,]b'] } },
    result,
    timestamp: '2024-01-01T10:00:00Z',
    context: { contextActivities: { parent: [{ id: 'unit 1' }, { id: 'unit 2' }] } },
    ...more,
  });

  it('reads xAPI: success, else score, else the pattern; voided statements are left out', async () => {
    const path = folder.write(
      'xapi.json',
      JSON.stringify({
        statements: [
          xapi('a', 'q1', { success: true, duration: 'PT1M2.5S' }),
          xapi('a', 'q2', { score: { scaled: 0.4 } }, { timestamp: '2024-01-01T11:00:00' }),
          xapi('a', 'q3', { response: 'b[,]a' }, { timestamp: '2024-01-01T12:00:00Z' }),
          xapi('b', 'q1', { success: false }),
          xapi('b', 'q2', { success: false }),
          xapi('b', 'q4', {}),
          {
            verb: { id: 'http://adlnet.gov/expapi/verbs/voided' },
            object: { objectType: 'StatementRef', id: 'bq2' },
          },
        ],
      }),
    );
    const { interactions, rejected, warnings } = await read(path);
    expect(told(interactions)).toEqual({
      'https://school/a': ['q1[unit 1,unit 2]1', 'q2[unit 1,unit 2]0', 'q3[unit 1,unit 2]1'],
      'https://school/b': ['q1[unit 1,unit 2]0'],
    });
    expect(interactions.duration![0]).toBe(62_500);
    expect([...rejected.byReason.keys()].sort()).toEqual([
      'neither success, score nor known response',
      'voided',
    ]);
    expect(warnings.join()).toContain('1 times have no time zone');
  });

  it('reads Caliper envelopes and joins scores by attempts', async () => {
    const event = (actor: string, item: string, minute: number) => ({
      type: 'AssessmentItemEvent',
      action: 'Completed',
      actor: { id: actor },
      object: { id: item, isPartOf: 'quiz' },
      eventTime: `2024-01-01T10:0${minute}:00.000Z`,
      generated: { id: `response ${actor} ${item}`, attempt: `attempt ${actor} ${item}` },
    });
    const grade = (attempt: string, scoreGiven: number) => ({
      type: 'GradeEvent',
      action: 'Graded',
      object: { id: attempt },
      generated: { type: 'Score', scoreGiven, maxScore: 2 },
    });
    const path = folder.write(
      'caliper.json',
      JSON.stringify({
        sensor: 's',
        sendTime: '2024-01-01T11:00:00Z',
        data: [
          event('a', 'i1', 1),
          event('a', 'i2', 2),
          event('b', 'i1', 3),
          event('b', 'i3', 4),
          grade('attempt a i1', 2),
          grade('attempt a i2', 0),
          grade('attempt b i1', 1),
          grade('attempt c i1', 1),
        ],
      }),
    );
    const { interactions, rejected } = await read(path);
    expect(told(interactions)).toEqual({ a: ['i1[i1]1', 'i2[i2]0'], b: ['i1[i1]1'] });
    expect([...rejected.byReason.keys()].sort()).toEqual([
      'no score for this attempt',
      'score without attempt',
    ]);
  });

  it('is told what is no JSON', async () => {
    const path = folder.write('broken.json', '{"statements": [');
    expect((await userError(openInteractions(path))).message).toBe(`not JSON: ${path}`);
  });
});

describe('what can not be used', () => {
  const table = (rows: readonly string[]) => ['user,question,skill,correct', ...rows];

  test('all answers right', async () => {
    const path = file('right.csv', table(['a,x,k,1', 'a,y,k,1', 'b,x,k,1']));
    expect((await userError(read(path))).message).toContain('all answers are right');
  });

  test('more than a fifth without a concept', async () => {
    const path = file('untagged.csv', table(['a,x,k,1', 'a,y,,0', 'b,x,k,1']));
    expect((await userError(read(path))).message).toContain('too many answers without a concept: 1 of 3');
  });

  test('mostly no responses, with the first row', async () => {
    const path = file('responses.csv', table(['a,x,k,7', 'a,y,k,8', 'b,x,k,1']));
    const error = await userError(read(path));
    expect(error.message).toContain("too many rows can't be used");
    expect(error.detail).toContain('row 2');
  });

  test('too few learners, too many concepts, no file', async () => {
    const path = file('few.csv', table(['a,x,k,1', 'a,y,l,0', 'a,z,k,1', 'b,x,k,1']));
    expect((await userError(read(path, {}))).message).toContain('too few learners of 3 answers or more: 1');
    expect((await userError(read(path, { shortest: 1, mostConcepts: 1 }))).message).toContain(
      'too many concepts: 2',
    );
    expect((await userError(openInteractions('/no/such/file'))).message).toContain('no such file');
  });

  test('rows left out are written aside', async () => {
    const rejected = join(folder.path, 'rejected.jsonl');
    await read(file('aside.csv', table(['a,x,k,1', 'a,y,k,0', 'b,x,k,maybe'])), {
      shortest: 1,
      rejected,
    }).catch(() => {});
    expect(readFileSync(rejected, 'utf8')).toContain('response is neither 0 nor 1');
  });
});

test('the hash is of the answers, not of the file', async () => {
  const csv = file('hash.csv', ['user,question,correct', 'a,x,1', 'a,y,0', 'b,x,1']);
  const tsv = file('hash.tsv', ['question\tuser\tcorrect', 'x\ta\ttrue', 'y\ta\tfalse', 'x\tb\ttrue']);
  const other = file('other.csv', ['user,question,correct', 'a,x,1', 'a,y,1', 'b,x,0']);
  const [one, same, different] = [await read(csv), await read(tsv), await read(other)];
  expect(same.hash).toBe(one.hash);
  expect(different.hash).not.toBe(one.hash);
});

const assist = sharedData('kt-assist2015');
test.skipIf(assist === undefined)(
  'reads ASSISTments 2015 as pyKT publishes it (data not there)',
  async () => {
    const { interactions, rejected } = await read(join(assist!, 'train_valid.csv.gz'));
    expect(interactions.learners.length).toBe(15_275);
    expect(rejected.total).toBe(0);
    expect(new Set(interactions.folds)).toEqual(new Set([0, 1, 2, 3, 4]));
  },
);
