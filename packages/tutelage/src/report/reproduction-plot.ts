import { axisX, axisY, dot, gridX, link, ruleX } from '@observablehq/plot';
import { decimal } from '../assessment/wording.js';
import type { Reproduction } from '../claims/reproduction.js';
import { draw } from './drawing.js';

const rowHeight = 34;
/** The file stands alone, on light and dark pages: it brings colours that can be read on both. */
const ink = '#767b85';
const accent = '#2f7fd3';
const width = 640;
const letter = 7.2;

/** The lead of each arm over the one it is compared with, seed by seed and with its interval, as an SVG file. */
export function reproductionPlot({ arms, arm, against, metric, smallestEffect }: Reproduction): string {
  const base = arms.find(({ id }) => id === against)!;
  const sign = metric.better === 'higher' ? 1 : -1;
  const rows = arms.flatMap(({ id, title, lead, values }) => {
    const leads = values.map((value, i) => sign * (value - base.values[i]!));
    return lead ? [{ title, lead, leads, colour: id === arm ? accent : ink }] : [];
  });
  const words = rows.map(
    ({ title, lead }) =>
      `${title} ${decimal(lead.estimate, 4)}, ${decimal(lead.low, 4)} to ${decimal(lead.high, 4)}`,
  );
  const { markup } = draw(
    `Lead over ${base.title} in ${metric.name}, with 95 % intervals: ${words.join('; ')}`,
    {
      width,
      height: rows.length * rowHeight + 44,
      marginLeft: 16 + letter * Math.max(...rows.map(({ title }) => title.length)),
      marginRight: 16,
      marginTop: 6,
      marginBottom: 38,
      x: { nice: true },
      y: { domain: rows.map(({ title }) => title), label: null },
      marks: [
        gridX({ stroke: ink, strokeOpacity: 0.25, ticks: 6 }),
        axisX({ fill: ink, tickSize: 0, ticks: 6, label: `lead over ${base.title}`, labelArrow: 'none' }),
        axisY({ fill: ink, tickSize: 0 }),
        ruleX([0], { stroke: ink }),
        ruleX([smallestEffect], { stroke: accent, strokeDasharray: '4,3' }),
        ...rows.flatMap(({ title, lead, leads, colour }) => [
          dot(leads, {
            x: (own: number) => own,
            y: () => title,
            r: 2,
            fill: colour,
            fillOpacity: 0.5,
            dy: 8,
          }),
          link([lead], { x1: 'low', x2: 'high', y: () => title, stroke: colour, strokeWidth: 2.5 }),
          dot([lead], { x: 'estimate', y: () => title, r: 4.5, fill: colour }),
        ]),
      ],
    },
  );
  const attributes = 'xmlns="http://www.w3.org/2000/svg" font-family="system-ui, sans-serif" font-size="12"';
  return `${markup.replace(/ (xmlns|font-family|font-size)="[^"]*"/g, '').replace('<svg', `<svg ${attributes}`)}\n`;
}
