import { describe, expect, it } from 'vitest';
import { chooseColumns, looksLikeHeader, type Role } from '../../src/tasks/columns.js';
import { openTable } from '../../src/tasks/table.js';
import { testFolder, userError } from './folder.js';

const folder = testFolder();
const ROLES: Role[] = ['text', 'label', 'id', 'split'];

async function choose(content: string, given: Partial<Record<Role, string>> = {}) {
  const table = await openTable(folder.write('table.csv', content));
  return chooseColumns(table, ROLES, ['text', 'label'], given);
}

describe('chooseColumns', () => {
  it('goes by names, whatever their case and hyphens', async () => {
    const { names, reasons } = await choose('Example-ID,Category,Utterance,Split\n1,a,b,train\n2,a,c,test\n');
    expect(names).toEqual({ text: 'Utterance', label: 'Category', id: 'Example-ID', split: 'Split' });
    expect(reasons.text).toBe('by its name');
  });

  it('prefers the more telling name', async () => {
    const { names } = await choose('title,text,label_text,label\nt,x,pos,1\nu,y,neg,0\n');
    expect(names).toMatchObject({ text: 'text', label: 'label' });
  });

  it('goes by values where names say nothing', async () => {
    const rows = Array.from({ length: 12 }, (_, i) => `${i},some words number ${i},${i % 3}`);
    const { names, reasons } = await choose(`a,b,c\n${rows.join('\n')}\n`);
    expect(names).toEqual({ text: 'b', label: 'c' });
    expect(reasons.label).toBe('by its values');
  });

  it('does not take repeated values for ids', async () => {
    expect((await choose('id,text,label\n7,a,x\n7,b,y\n')).names.id).toBeUndefined();
  });

  it('takes the columns that are named, and none where the name is empty', async () => {
    const { names } = await choose('id,text,label,mood\n1,a,x,p\n2,b,y,q\n', { label: 'mood', id: '' });
    expect(names).toEqual({ text: 'text', label: 'mood' });
  });

  it('lists the columns when one is missing', async () => {
    const wrong = await userError(choose('text,label\na,x\n', { label: 'mood' }));
    expect(wrong.message).toMatch(/^no such column: mood/);
    expect(wrong.detail).toContain('label: 1 different in 1 values');
    const none = await userError(choose('text,when\na,x\nb,y\n'));
    expect(none.message).toMatch(/^no label column/);
    expect(none.detail).toContain('taken as text by its name');
  });
});

describe('looksLikeHeader', () => {
  it.each([
    [['text', 'foo'], [['a', 'b']], true],
    [['first', 'second'], [['a', 'b']], true],
    [
      ['where is it', 'question'],
      [
        ['a', 'b'],
        ['c', 'question'],
      ],
      false,
    ],
    [['text', '3'], [['a', 'b']], true],
    [['first', '3'], [['a', 'b']], false],
    [['first', 'b'], [['a', 'b']], false],
    [['what is the weather like', 'x'], [['a', 'b']], false],
  ])('%j is %s', (first, others, expected) => {
    expect(looksLikeHeader(first, others)).toBe(expected);
  });
});
