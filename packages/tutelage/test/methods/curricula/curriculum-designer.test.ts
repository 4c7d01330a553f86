import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { drawnSet } from '../../../src/experiments/class-order-arms.js';
import { testFolder, userError } from '../../tasks/folder.js';
import { teach } from '../taught.js';

const folder = testFolder();
const out = (...parts: string[]) => join(folder.path, ...parts);
const read = (...parts: string[]): string => readFileSync(out(...parts), 'utf8');
const dice = random.stream(random.key('classes'));
const places = { low: [-3, 0], mid: [0, 1], high: [3, 0], far: [0, -6] } as const;
const features = (count: number, names: readonly string[] = Object.keys(places)) =>
  names
    .flatMap((name) =>
      Array.from({ length: count }, (_, i) => {
        const [x, y] = places[name as keyof typeof places];
        return `${name}${i},${name},${x + dice.normal()},${y + dice.normal()},${dice.normal()}\n`;
      }),
    )
    .join('');
folder.write('features.csv', `id,label,a,b,c\n${features(40)}`);
const small = { perClass: 24, hidden: 8, runs: 2, verify: 6 };
const run = (path: string, name: string, settings: object = {}, signal?: AbortSignal) =>
  teach('curriculum-designer', path, { ...small, ...settings }, out(name), ...(signal ? [signal] : []));

describe('features of classes', () => {
  test('give ranked orders, distances, and what orders of each part keep', async () => {
    const { lines: told, said } = await run(out('features.csv'), 'ranked', { metric: 'euclidean' });
    expect(told[0]).toMatch(/^best order: (\w+ > ){3}\w+$/);
    expect(told.join('\n')).toMatch(/2 orders of the top: F \d\.\d{3}, \d+\.\d % right at the end/);
    expect(told.join('\n')).toMatch(/2 orders of the middle: /);
    expect(told.join('\n')).toMatch(/rank correlation of score and F over 6 orders, 2 runs: /);
    expect(said).toEqual(['run 1 of 2: 6 orders', 'run 2 of 2: 6 orders']);
    const orders = JSON.parse(read('ranked', 'orders.json'));
    expect(orders).toHaveLength(24);
    expect(orders[0].total).toBeCloseTo(orders[0].start + orders[0].ends + orders[0].neighbours, 9);
    expect(orders[0].total).toBeGreaterThanOrEqual(orders[23].total);
    expect(read('ranked', 'orders.csv').split('\n')[0]).toBe('rank,order,score,start,ends,neighbours');
    const [header, far] = read('ranked', 'distances.csv').split('\n');
    expect(header).toBe(',far,high,low,mid');
    // Far from mid is 7 apart in the rows as they are.
    expect(Number(far!.split(',')[4])).toBeCloseTo(7, 0);
    expect(read('ranked', 'distances.svg')).toContain('<title>far, mid: ');
    expect(read('ranked', 'measured.csv').trim().split('\n')).toHaveLength(7);
  });

  test('the same command learns nothing again', async () => {
    const { lines: told, said } = await run(out('features.csv'), 'ranked', { metric: 'euclidean' });
    expect(said).toEqual([]);
    expect(told.join('\n')).toContain('2 orders of the top');
  });

  test('an interruption keeps the orders', async () => {
    const stop = new AbortController();
    stop.abort();
    const { lines: told } = await run(out('features.csv'), 'stopped', {}, stop.signal);
    expect(told[0]).toContain('best order');
    expect(existsSync(out('stopped', 'measured.csv'))).toBe(false);
  });

  test('for a person, a course with test items after each step', async () => {
    const { lines: told } = await run(out('features.csv'), 'course', {
      learner: 'person',
      minutes: 20,
      testItems: 2,
      orders: 5,
    });
    expect(told.join('\n')).toContain('a course of 4 steps');
    expect(JSON.parse(read('course', 'orders.json'))).toHaveLength(5);
    const rows = read('course', 'plan.csv')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.split(','));
    expect(
      rows.filter(([, , , what]) => what === 'learn').map(([step, from, to]) => [step, from, to]),
    ).toEqual([
      ['1', '0', '20'],
      ['2', '20', '40'],
      ['3', '40', '60'],
      ['4', '60', '80'],
    ]);
    expect(rows.filter(([step, , , what]) => step === '3' && what === 'test')).toHaveLength(6);
    for (const [, , , what, label, item] of rows) if (what === 'test') expect(item).toMatch(`${label}`);
  });
});

test('texts are seen by their letters and words', async () => {
  const words = { fruit: 'apple pear plum', tool: 'hammer saw drill', bird: 'robin crow heron' };
  const texts = Object.entries(words).flatMap(([label, own]) =>
    Array.from({ length: 12 }, (_, i) => `${label},the ${own.split(' ')[i % 3]} is number ${i}\n`),
  );
  const path = folder.write('texts.csv', `label,text\n${texts.join('')}`);
  const { lines: told } = await run(path, 'texts', { verify: 3 });
  expect(told[0]).toMatch(/^best order: /);
  expect(told.join('\n')).toContain('1 orders of the bottom');
});

test('images are read from a folder for each class', async () => {
  for (const [label, light] of [
    ['dark', 20],
    ['grey', 120],
    ['light', 230],
  ] as const) {
    for (let i = 0; i < 6; i++) {
      const background = { r: light, g: light + i, b: light - i };
      const image = sharp({ create: { width: 8, height: 8, channels: 3, background } });
      folder.write(`images/${label}/${i}.png`, await image.png().toBuffer());
    }
  }
  const { lines: told } = await run(out('images'), 'seen', { verify: 3, metric: 'euclidean' });
  expect(told[0]).toMatch(/^best order: /);
});

describe('a plan', () => {
  const plan = (name: string, content: object) => folder.write(`${name}.json`, JSON.stringify(content));
  folder.write('square.csv', ',a,b,c,d\na,0,1,2,3\nb,1,0,1,2\nc,2,1,0,1\nd,3,2,1,0\n');

  test('of distances alone gives orders, of which none can be tried', async () => {
    const { lines: told } = await run(plan('alone', { distances: 'square.csv' }), 'alone');
    expect(told).toContain('no order was tried: there are no examples');
    expect(JSON.parse(read('alone', 'orders.json'))).toHaveLength(24);
  });

  test('keeps what comes before what, and classes of one task together', async () => {
    const path = plan('kept', {
      distances: 'square.csv',
      before: [
        ['d', 'a'],
        ['c', 'b'],
      ],
    });
    await run(path, 'kept');
    const orders: { order: string[] }[] = JSON.parse(read('kept', 'orders.json'));
    expect(orders).toHaveLength(6);
    for (const { order } of orders) {
      expect(order.indexOf('d')).toBeLessThan(order.indexOf('a'));
      expect(order.indexOf('c')).toBeLessThan(order.indexOf('b'));
    }
    const joined = plan('joined', { distances: 'square.csv', tasks: [['a', 'd'], ['b'], ['c']] });
    await run(joined, 'joined');
    expect(read('joined', 'distances.csv').split('\n').slice(0, 2)).toEqual([
      ',a + d,b,c',
      'a + d,0.0000,1.5000,1.5000',
    ]);
  });

  test('of equal distances prefers none', async () => {
    folder.write('equal.csv', 'a,b,c\n0,2,2\n2,0,2\n2,2,0\n');
    const { lines: told } = await run(plan('equal', { distances: 'equal.csv' }), 'equal');
    expect(told[0]).toBe('no order is preferred: all classes are equally far apart');
  });

  test('of few examples warns, and tries none', async () => {
    folder.write('few.csv', `id,label,a,b,c\n${features(40, ['low', 'high'])}${features(4, ['mid'])}`);
    const { lines: told, said } = await run(out('few.csv'), 'few');
    expect(said).toContain('warning: class mid has 4 examples: its mean says little');
    expect(told).toContain('no order was tried: a class has fewer than 5 examples');
  });

  const files = {
    'oblong.csv': 'a,b,c\n0,1,2\n1,0,1\n',
    'diagonal.csv': 'a,b,c\n0,1,2\n1,0.5,1\n2,1,0\n',
    'negative.csv': 'a,b,c\n0,1,2\n1,0,-1\n2,1,0\n',
    'two.csv': 'a,b\n0,1\n1,0\n',
    'zero.csv': `label,a,b\n${['x', 'y', 'z'].flatMap((name, i) => Array.from({ length: 6 }, () => `${name},${i},${i}\n`)).join('')}`,
    'broken.csv': 'label,a\nx,1\ny,2\nz,three\n',
  };
  for (const [name, content] of Object.entries(files)) folder.write(name, content);
  test.each([
    [
      'a table that is not square',
      { distances: 'oblong.csv' },
      'distances are not square: 2 rows, 3 columns',
    ],
    ['a diagonal that is not 0', { distances: 'diagonal.csv' }, 'from itself is not 0: b: 0.5'],
    ['a negative distance', { distances: 'negative.csv' }, 'no distance'],
    ['two classes', { distances: 'two.csv' }, 'too few classes to order: 2'],
    [
      'two tasks',
      {
        distances: 'square.csv',
        tasks: [
          ['a', 'b'],
          ['c', 'd'],
        ],
      },
      'too few tasks to order: 2',
    ],
    ['a class in two tasks', { distances: 'square.csv', tasks: [['a'], ['a'], ['b']] }, 'in two tasks: a'],
    ['a class in no task', { distances: 'square.csv', tasks: [['a'], ['b'], ['c']] }, 'in no task: d'],
    ['an unknown class', { distances: 'square.csv', before: [['a', 'x']] }, 'no such class: x'],
    [
      'a circle',
      {
        distances: 'square.csv',
        before: [
          ['a', 'b'],
          ['b', 'c'],
          ['c', 'a'],
        ],
      },
      'is a circle: a, b, c, a',
    ],
    ['a mean without direction', { classes: 'zero.csv' }, 'the mean of a class has no direction: x'],
    ['a number that is none', { classes: 'broken.csv' }, 'not a label and 1 numbers'],
    ['nothing to order', {}, 'give classes'],
    [
      'other classes than the distances',
      { classes: 'features.csv', distances: 'square.csv' },
      'no examples of class a',
    ],
  ])('of %s is refused', async (name, content, message) => {
    const error = await userError(run(plan('refused', content), name.replaceAll(' ', '-')));
    expect(error.message).toContain(message);
  });

  test('that is not there is refused', async () => {
    expect((await userError(run(out('nobody.csv'), 'nothing'))).message).toContain('no such file or folder');
  });
});

test('five classes are drawn for each seed', () => {
  const [set] = drawnSet(1201) as [number[]];
  expect(new Set(set).size).toBe(5);
  expect(set).toEqual(set.toSorted());
  expect(new Set(Array.from({ length: 20 }, (_, i) => drawnSet(1201 + i).join())).size).toBeGreaterThan(15);
});
