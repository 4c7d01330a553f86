import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { expect, test } from 'vitest';
import { UserError } from '../../../src/core/errors.js';
import { openInteractions, readInteractions } from '../../../src/tasks/interactions/index.js';
import { testFolder } from '../folder.js';

const folder = testFolder();
const statement = (name: string, success: boolean) => ({
  actor: { mbox: name },
  verb: { id: 'http://adlnet.gov/expapi/verbs/answered' },
  object: { id: 'q' },
  result: { success, duration: 'PT5S' },
  timestamp: '2024-01-01T10:00:00Z',
});
const samples: Record<string, string> = {
  'six.txt': 'ann,3\nq1,q2,q3\na_b,a,c\n1,0,1\n30,10,20\n5,6,7\nbob,2\nq1,q2\na_b,a\n0,1\n1,2\n5,6\n',
  'three.csv': '2\n7,8\n1,0\n3\n7,8,7\n1,0,1\n',
  'pykt.csv': 'fold,uid,concepts,responses\n0,1,"a,b","1,0"\n-1,2,"a,a","0,1"\n',
  '2009.csv': 'order_id,user_id,problem_id,skill_id,correct\n1,u,p,s,1\n1,u,p,t,1\n2,v,p,s,0\n',
  '2015.csv': 'user_id,log_id,sequence_id,correct\n1,5,s,1\n1,4,s,0\n2,6,s,0.5\n2,7,s,1\n',
  'datashop.txt':
    'Anon Student Id\tTime\tProblem Name\tOutcome\tKC (X)\nS\t2006-11-08 14:04:12\tP\tHINT\ta~~b\nT\t2006-11-08 14:04:13\tP\tCORRECT\ta\n',
  'table.csv': 'user_id,question_id,correct,timestamp\na,q,1,5\na,r,0,6\nb,q,1,2024-01-01T00:00:00Z\n',
  'xapi.json': JSON.stringify({ statements: [statement('a', true), statement('b', false)] }),
  'xapi.jsonl': `${JSON.stringify(statement('a', true))}\n${JSON.stringify(statement('b', false))}\n`,
  'caliper.json': JSON.stringify({
    data: [
      {
        type: 'AssessmentItemEvent',
        action: 'Completed',
        actor: 'a',
        object: 'i',
        eventTime: '2024-01-01T10:00:00Z',
        generated: { id: 'r', attempt: 't' },
      },
      { type: 'GradeEvent', object: 't', generated: { scoreGiven: 1, maxScore: 1 } },
    ],
  }),
  'described.json': '{"file": "table.csv", "columns": {"learner": "user_id"}, "threshold": 0.5}',
};

/** Bytes changed, removed and repeated at random. */
function damaged(text: string, key: random.Key): Uint8Array {
  const draws = new Float32Array(12);
  random.fillUniform(draws, key);
  let bytes = [...Buffer.from(text)];
  for (let i = 0; i < 9; i += 3) {
    const [kind, place, value] = [draws[i]!, Math.floor(draws[i + 1]! * bytes.length), draws[i + 2]!];
    if (kind < 0.4) bytes[place] = Math.floor(value * 256);
    else if (kind < 0.6) bytes.splice(place, Math.floor(value * 12));
    else if (kind < 0.8) bytes.splice(place, 0, ...bytes.slice(place, place + Math.floor(value * 30)));
    else if (kind < 0.9) bytes.splice(place, 0, ...Buffer.from('-1e309,"\r\n__proto__'));
    else bytes = bytes.slice(0, place + 1);
  }
  return Uint8Array.from(bytes);
}

test.each(Object.entries(samples))('%s, damaged, is read or refused with a reason', async (name, text) => {
  let read = 0;
  for (let i = 0; i < 40; i++) {
    writeFileSync(join(folder.path, 'table.csv'), samples['table.csv']!);
    const path = folder.write(name, i === 0 ? text : damaged(text, random.foldIn(random.key(name), i)));
    try {
      const { interactions } = await readInteractions(path, await openInteractions(path), { shortest: 1 });
      const { offsets, response, question, conceptSet, conceptSets, concepts, first } = interactions;
      expect(offsets.at(-1)).toBe(response.length);
      expect(question.every((q) => q < interactions.questions.length)).toBe(true);
      expect(conceptSet.every((set) => conceptSets[set]!.length > 0)).toBe(true);
      expect(conceptSets.flatMap((set) => [...set]).every((k) => k < concepts.length)).toBe(true);
      expect(first.every((f, row) => f <= row)).toBe(true);
      read += 1;
    } catch (error) {
      expect(error).toBeInstanceOf(UserError);
    }
  }
  if (!name.startsWith('caliper')) expect(read).toBeGreaterThan(0);
});
