import { describe, expect, test } from 'vitest';
import { readAnnotations } from '../../src/tasks/annotations.js';
import { testFolder, userError } from './folder.js';

const folder = testFolder();
const columns = { comment: 'comment', id: 'key', context: ['lecture'], ratings: ['a', 'b'] };

describe('annotated comments', () => {
  test('ratings in many words, an empty cell is none', async () => {
    const path = folder.write(
      'good.csv',
      'key,comment,lecture,a,b\nx,first,L1,1.0,yes\ny,second,L2,FALSE,\nz, ,L2,0,0\n,third,L1,no,True\n',
    );
    const read = await readAnnotations(path, columns);
    expect(read.ids).toEqual(['x', 'y', '5']);
    expect(read.texts).toEqual(['first', 'second', 'third']);
    expect(read.contexts).toEqual([{ lecture: 'L1' }, { lecture: 'L2' }, { lecture: 'L1' }]);
    expect(read.ratings.get('a')).toEqual([true, false, false]);
    expect(read.ratings.get('b')).toEqual([true, undefined, true]);
    expect(read.empty).toBe(1);
  });

  test('cells that are divided by blanks', async () => {
    const lines = ['comment key lecture a b'];
    for (let i = 0; i < 20; i++) lines.push(`"what is a, and ""b""? ${i}" k${i} "Lecture ${i}" 0.0 1.0`);
    const read = await readAnnotations(folder.write('blanks.csv', `${lines.join('\n')}\n`), columns);
    expect(read.texts[3]).toBe('what is a, and "b"? 3');
    expect(read.contexts[3]).toEqual({ lecture: 'Lecture 3' });
  });

  test.each([
    ['no column of comments', 'key,text,lecture,a,b\nx,t,L,1,1\n', 'no such column: comment'],
    ['no column of the context', 'key,comment,a,b\nx,t,1,1\n', 'no such column: lecture'],
    ['a rating that is none', 'key,comment,lecture,a,b\nx,t,L,1,maybe\n', 'b: not a yes or no: "maybe"'],
    ['no comments', 'key,comment,lecture,a,b\nx,,L,1,1\n', 'no comments'],
  ])('%s is refused', async (name, content, message) => {
    const error = await userError(readAnnotations(folder.write(`${name}.csv`, content), columns));
    expect(error.message).toContain(message);
  });
});
