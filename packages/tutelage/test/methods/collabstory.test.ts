import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { collabstory } from '../../src/methods/data/collabstory.js';
import { cleanedPart, extract, isRefusal } from '../../src/teachers/baton-prompts.js';
import { type FakeServer, startFakeServer } from '../language/endpoint/fake-server.js';
import { testFolder, userError } from '../tasks/folder.js';
import { teach } from './taught.js';

const folder = testFolder();
const habits: Readonly<Record<string, readonly string[]>> = {
  ada: 'whilst and upon the hither thing , indeed'.split(' '),
  bob: 'so he went ; and then it was good ; truly'.split(' '),
};
const common = 'the of a to in it is was that for on with as at by from'.split(' ');
const prose = (author: string, title: string, words: number) => {
  const draw = random.stream(random.key(`${author} ${title}`));
  return Array.from({ length: words }, () => draw.pick(draw.uniform() < 0.5 ? common : habits[author]!)).join(
    ' ',
  );
};

let number = 0;
/** A folder with known authors and texts; the path of the plan. */
function corpus(changes: Readonly<Record<string, string>> = {}, without: readonly string[] = []): string {
  const at = join(folder.path, `corpus-${number++}`);
  const files: Record<string, string> = {
    'known/ada/one.txt': prose('ada', 'one', 1500),
    'known/ada/two.txt': prose('ada', 'two', 1500),
    'known/bob/one.txt': prose('bob', 'one', 1500),
    'known/bob/two.txt': prose('bob', 'two', 1500),
    'texts/alone.txt': prose('ada', 'new', 500),
    'texts/both.txt': `${prose('ada', 'new', 200)} ${prose('bob', 'new', 230)}`,
    'texts/short.txt': 'of no use',
    ...changes,
  };
  for (const [name, content] of Object.entries(files)) {
    if (without.includes(name)) continue;
    mkdirSync(join(at, name, '..'), { recursive: true });
    writeFileSync(join(at, name), content);
  }
  const plan = join(at, 'plan.json');
  writeFileSync(plan, JSON.stringify({ known: 'known', texts: 'texts' }));
  return plan;
}
const out = () => join(folder.path, `out-${number++}`);
const quick = { words: 100, stories: 20 };

describe('texts are examined', () => {
  test('as to who wrote which piece, how many wrote, and where it changes', async () => {
    const path = out();
    const { lines, said } = await teach('collabstory', corpus(), quick, path);
    expect(said).toEqual(['learning 2 authors from 4 documents']);
    const { texts, heldOut } = JSON.parse(readFileSync(join(path, 'report.json'), 'utf8'));
    const [alone, both, short] = texts;
    expect(heldOut.accuracy).toBeGreaterThan(0.9);
    expect(alone.pieces.map(({ author }: { author: string }) => author)).toEqual(Array(5).fill('ada'));
    expect(alone.mixed).toBeLessThan(0.5);
    expect(alone.authors).toMatchObject({ likeliest: 1, low: 1 });
    // 430 words are four pieces of 100: what is left has fewer than 50.
    expect(both.pieces.map(({ author }: { author: string }) => author)).toEqual(['ada', 'ada', 'bob', 'bob']);
    const changes = both.pieces.map(({ change = 0 }: { change?: number }) => change > 0.5);
    expect(changes).toEqual([false, false, true, false]);
    expect(both.mixed).toBeGreaterThan(0.5);
    expect(both.pieces[1].alike).toBeGreaterThan(both.pieces[2].alike);
    expect(both.pieces[0].telling).toHaveLength(5);
    expect(short).toEqual({ name: 'short.txt', pieces: [] });
    expect(lines).toContain('short.txt: too short, no verdict');
    expect(lines.join('\n')).toContain('can not be proved this way');
    const markdown = readFileSync(join(path, 'report.md'), 'utf8');
    expect(markdown).toContain('| piece | author | ada | bob | change | alike | telling | begins |');
    expect(markdown).toContain('of one author are taken for mixed');
  });

  test('pieces that are of none of the authors are told', async () => {
    const path = out();
    const [ada, bob] = ['ada', 'bob'].map((author) => prose(author, 'new', 300).split(' '));
    const between = ada!.map((word, i) => (i % 2 === 0 ? word : bob![i]!)).join(' ');
    await teach('collabstory', corpus({ 'texts/alone.txt': between }), { ...quick, openSet: 1 }, path);
    const { texts } = JSON.parse(readFileSync(join(path, 'report.json'), 'utf8'));
    expect(texts[0].pieces[0].author).toBeNull();
  });

  test('an author with one document is doubtful', async () => {
    const long = { 'known/bob/one.txt': prose('bob', 'one', 2500) };
    const { said } = await teach('collabstory', corpus(long, ['known/bob/two.txt']), quick, out());
    expect(said[0]).toBe("warning: all texts of bob are one document: author and topic can't be told apart");
  });

  test.each<[string, Record<string, string>, string[], RegExp]>([
    [
      'an author with few pieces',
      {},
      ['known/bob/two.txt'],
      /^too few pieces of an author: bob has 15 of 100 words/,
    ],
    ['one author', {}, ['known/bob/one.txt', 'known/bob/two.txt'], /^only one author is known: ada/],
    [
      'another language',
      {
        'texts/fremd.txt': 'und sie ging durch den dunklen wald nach hause weil es schon spät war '.repeat(
          15,
        ),
      },
      [],
      /^the language differs: fremd\.txt/,
    ],
  ])('%s is refused', async (_, changes, without, message) => {
    const error = await userError(teach('collabstory', corpus(changes, without), quick, out()));
    expect(error.message).toMatch(message);
  });

  test.each([
    ['nothing to read', { known: 'none', texts: 'none' }, /none/],
    ['no text files', { known: 'empty', texts: '.' }, /no folders of authors/],
    ['neither texts nor prompts', { known: 'known' }, /./],
    ['six models', { prompts: 'p.txt', models: Array(6).fill('local:x') }, /./],
  ])('%s is refused', async (_, plan, message) => {
    mkdirSync(join(folder.path, 'empty'), { recursive: true });
    const error = await userError(collabstory.read(folder.write('plan.json', JSON.stringify(plan))));
    expect(error.message).toMatch(message);
  });
});

describe('stories are written in turn', () => {
  let server: FakeServer;
  let write: (prompt: string) => string = () => '';
  const walk = Array.from({ length: 19 }, (_, i) => `They walked by house${i} again.`).join(' ');
  beforeAll(async () => {
    server = await startFakeServer({ answer: (prompt) => write(prompt) });
  });
  beforeEach(() => {
    write = (prompt) =>
      `So it ${/Conclude/.test(prompt) ? 'ended' : /Continue/.test(prompt) ? 'went on' : 'began'}. ${walk} Then`;
  });
  afterAll(() => server.close());
  const plan = (models: number, prompts = '[WP] A door opens.\n') => {
    folder.write('prompts.txt', prompts);
    const names = Array.from({ length: models }, (_, i) => `llm:author${i}@${server.url}`);
    return folder.write('plan.json', JSON.stringify({ prompts: 'prompts.txt', models: names }));
  };
  const stories = (path: string) =>
    readFileSync(join(path, 'stories.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  const settings = { words: 100, order: 'fixed' };

  test('each from a summary and the last sentence of what there is', async () => {
    const before = server.calls.length;
    const path = out();
    const { lines } = await teach('collabstory', plan(3), settings, path);
    const [story] = stories(path);
    expect(story.prompt).toBe('A door opens.');
    expect(story.parts.map(({ author }: { author: string }) => author)).toEqual(story.order);
    expect(story.parts[0]).toMatchObject({ retries: 0, summary: '', words: 98 });
    expect(story.parts[2].text).toMatch(/^So it ended\. They walked/);
    expect(story.text.split('So it').length).toBe(4);
    const asked = server.calls.slice(before).map(({ body }) => body.messages.at(-1)!.content);
    expect(asked[0]).toContain('A door opens.');
    expect(asked[1]).toContain('What happened so far:\nSo it began.');
    expect(asked[1]).toMatch(/behind this sentence:\n\nThey walked by house18 again\.$/);
    expect(asked[2]).toContain('Conclude');
    expect(lines[0]).toContain('1 stories, 3 calls, 0 of them again');
    await teach('collabstory', plan(3), settings, path);
    expect(server.calls.length - before).toBe(3);
  });

  test('in all orders, with a summary by a model or none', async () => {
    const path = out();
    const summariser = `llm:summary@${server.url}`;
    await teach('collabstory', plan(2), { ...settings, order: 'all', summariser }, path);
    expect(stories(path).map(({ order }) => order)).toHaveLength(2);
    expect(stories(path)[0].parts[1].summary).toContain('They walked');
    const before = server.calls.length;
    await teach('collabstory', plan(2), { ...settings, summariser: 'none' }, out());
    expect(server.calls[before + 1]!.body.messages.at(-1)!.content).not.toContain('so far');
  });

  test('what is short is asked for again, and at last dropped', async () => {
    let calls = 0;
    write = () => (calls++ < 2 ? '' : 'They walked on and on. '.repeat(20));
    const path = out();
    await teach('collabstory', plan(1), settings, path);
    expect(stories(path)[0].parts[0].retries).toBe(2);
    write = () => 'Short.';
    const { lines } = await teach('collabstory', plan(1, 'Another.\n'), { ...settings, attempts: 3 }, out());
    expect(lines[0]).toContain('0 stories, 3 calls');
    expect(lines[1]).toMatch(/^dropped: 1 x .* wrote less than 50 words$/);
  });

  test('who declines or repeats what was given has its story dropped', async () => {
    write = () => 'As an AI language model, I walk on. '.repeat(20);
    const declined = await teach('collabstory', plan(1), settings, out());
    expect(declined.lines[1]).toMatch(/^dropped: 1 x .* declined$/);
    write = () => 'A door opens. '.repeat(60);
    const echoed = await teach(
      'collabstory',
      plan(1, 'A door opens.\n'),
      { ...settings, attempts: 2 },
      out(),
    );
    expect(echoed.lines[1]).toMatch(/wrote less than/);
  });

  test('a stop keeps the stories that are there', async () => {
    const stop = new AbortController();
    let calls = 0;
    write = () => {
      if (++calls === 2) stop.abort();
      return 'They walked on and on. '.repeat(20);
    };
    const path = out();
    await teach('collabstory', plan(1, 'One.\nTwo.\nThree.\n'), settings, path, stop.signal);
    expect(stories(path).length).toBeLessThan(3);
    expect(stories(path).length).toBeGreaterThan(0);
  });
});

test('parts are cleaned', () => {
  expect(
    cleanedPart(
      'Sure, here is the part:\n# Title\n- item\nThe **door** opens. The door opens. He said "Go!" And th',
      ['The door opens.'],
    ),
  ).toBe('He said "Go!"');
  expect(cleanedPart('no end', [])).toBe('');
  expect(isRefusal("I'm sorry, I can't write that.")).toBe(true);
  expect(isRefusal('I can not see the door, he said.')).toBe(false);
  expect(extract(['One. Two.', 'Three! Four.'])).toBe('One. Three!');
});
