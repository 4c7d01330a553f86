import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { random } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import { spearman } from '../assessment/correlation.js';
import type { KeptLearning } from '../assessment/forgetting.js';
import { decimal, percent } from '../assessment/wording.js';
import type { RankedOrder } from '../curricula/ranked-orders.js';
import { explained } from '../runs/file-errors.js';
import type { OwnClasses } from './own-classes.js';

function write(folder: string, name: string, text: string): void {
  const path = join(folder, name);
  explained('write a file', path, () => writeFileSync(path, text));
}

const cell = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The name of each task: its classes. */
export function taskNames({ labels, tasks }: Pick<OwnClasses, 'labels' | 'tasks'>): string[] {
  return tasks.map((task) => task.map((one) => labels[one]).join(' + '));
}

/** Writes `orders.csv` and `orders.json`, the best first, with the parts of their scores. */
export function writeOrders(folder: string, names: readonly string[], ranked: readonly RankedOrder[]): void {
  const rows = ranked.map(({ order, score }, i) => ({
    rank: i + 1,
    order: order.map((one) => names[one]!),
    ...score,
  }));
  write(folder, 'orders.json', `${JSON.stringify(rows, undefined, 2)}\n`);
  const lines = rows.map(({ rank, order, start, ends, neighbours, total }) =>
    [rank, cell(order.join(' > ')), ...[total, start, ends, neighbours].map((one) => one.toFixed(4))].join(
      ',',
    ),
  );
  write(folder, 'orders.csv', `${['rank,order,score,start,ends,neighbours', ...lines].join('\n')}\n`);
}

const [square, left, above] = [34, 150, 110];
const ink = '#767b85';
const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');

/** Writes `distances.csv`, and `distances.svg`, in which far is dark. */
export function writeDistances(
  folder: string,
  names: readonly string[],
  distances: readonly (readonly number[])[],
): void {
  const header = ['', ...names].map(cell).join(',');
  const rows = distances.map((row, i) => [cell(names[i]!), ...row.map((one) => one.toFixed(4))].join(','));
  write(folder, 'distances.csv', `${[header, ...rows].join('\n')}\n`);
  const greatest = Math.max(...distances.flat(), Number.MIN_VALUE);
  const short = (name: string) => escaped(name.length > 18 ? `${name.slice(0, 17)}…` : name);
  const squares = distances.flatMap((row, i) =>
    row.map((one, j) => {
      const place = `x="${left + square * j}" y="${above + square * i}"`;
      const title = `<title>${escaped(`${names[i]}, ${names[j]}`)}: ${one.toFixed(3)}</title>`;
      return `<rect ${place} width="${square - 1}" height="${square - 1}" fill="#2f7fd3" fill-opacity="${(one / greatest).toFixed(3)}">${title}</rect>`;
    }),
  );
  const labels = names.flatMap((name, i) => {
    const middle = square * i + square / 2 + 4;
    return [
      `<text x="${left - 6}" y="${above + middle}" text-anchor="end">${short(name)}</text>`,
      `<text transform="translate(${left + middle} ${above - 6}) rotate(-60)">${short(name)}</text>`,
    ];
  });
  const [width, height] = [left + square * names.length + 60, above + square * names.length + 10];
  write(
    folder,
    'distances.svg',
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="Distances between classes" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="${ink}">${[...squares, ...labels].join('')}</svg>\n`,
  );
}

/** Orders to try: of the top, the middle and the bottom of a ranking, as many of each as can be. */
export function ordersToTry(
  ranked: readonly RankedOrder[],
  count: number,
): { place: string; rank: number }[] {
  const each = Math.max(1, Math.floor(count / 3));
  const middle = Math.max(0, Math.floor((ranked.length - each) / 2));
  const parts = [
    { place: 'top', from: 0 },
    { place: 'middle', from: middle },
    { place: 'bottom', from: Math.max(0, ranked.length - each) },
  ];
  const found = parts.flatMap(({ place, from }) =>
    Array.from({ length: Math.min(each, ranked.length) }, (_, i) => ({ place, rank: from + i })),
  );
  return found.filter(({ rank }, i) => found.findIndex((one) => one.rank === rank) === i);
}

/**
 * Writes `measured.csv`.
 *
 * @param runs what each order kept, by run
 */
export function reportMeasured(
  folder: string,
  names: readonly string[],
  ranked: readonly RankedOrder[],
  tried: ReturnType<typeof ordersToTry>,
  runs: readonly (readonly KeptLearning[])[],
): string[] {
  const meanOf = (i: number, figure: keyof KeptLearning) => mean(runs.map((run) => run[i]![figure]));
  const rows = tried.map(({ place, rank }, i) => ({
    place,
    rank,
    order: ranked[rank]!.order.map((one) => names[one]).join(' > '),
    total: ranked[rank]!.score.total,
    average: meanOf(i, 'average'),
    forgetting: meanOf(i, 'forgetting'),
    score: meanOf(i, 'score'),
  }));
  const lines = rows.map(({ place, rank, order, total, average, forgetting, score }) =>
    [place, rank + 1, cell(order), ...[total, average, forgetting, score].map((one) => one.toFixed(4))].join(
      ',',
    ),
  );
  write(
    folder,
    'measured.csv',
    `${['part,rank,order,score,accuracy,forgetting,kept', ...lines].join('\n')}\n`,
  );
  const places = [...new Set(rows.map(({ place }) => place))];
  return [
    ...places.map((place) => {
      const own = rows.filter((row) => row.place === place);
      const [average, forgetting, score] = (['average', 'forgetting', 'score'] as const).map((figure) =>
        mean(own.map((row) => row[figure])),
      );
      return `${own.length} orders of the ${place}: F ${decimal(score!, 3)}, ${percent(average!)} right at the end, ${percent(Math.abs(forgetting!))} ${forgetting! < 0 ? 'gained' : 'lost'} on the first task`;
    }),
    ...(rows.length > 2
      ? [
          `rank correlation of score and F over ${rows.length} orders, ${runs.length} runs: ${decimal(
            spearman(
              rows.map(({ total }) => total),
              rows.map(({ score }) => score),
            ),
            2,
          )}`,
        ]
      : []),
  ];
}

/** Writes `plan.csv`: a course in the best order, and after each step test items of all classes so far. */
export function writeCourse(
  folder: string,
  { labels, tasks, classes }: OwnClasses,
  order: readonly number[],
  options: { readonly minutes: number; readonly testItems: number; readonly dice: random.Stream },
): void {
  const { minutes, testItems, dice } = options;
  const rows = order.flatMap((task, step) => {
    const learn = tasks[task]!.map((one) => [
      step + 1,
      step * minutes,
      (step + 1) * minutes,
      'learn',
      cell(labels[one]!),
      '',
    ]);
    const seen = order.slice(0, step + 1).flatMap((earlier) => tasks[earlier]!);
    const items = seen.flatMap((one) =>
      dice
        .shuffle(classes[one]?.ids ?? [''])
        .slice(0, testItems)
        .map((id) => ({ one, id })),
    );
    const test = dice
      .shuffle(items)
      .map(({ one, id }) => [
        step + 1,
        (step + 1) * minutes,
        (step + 1) * minutes,
        'test',
        cell(labels[one]!),
        cell(id),
      ]);
    return [...learn, ...test];
  });
  write(
    folder,
    'plan.csv',
    `${['step,from minute,to minute,what,class,item', ...rows.map((row) => row.join(','))].join('\n')}\n`,
  );
}
