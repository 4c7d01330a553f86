import { axisX, axisY, gridY, line, plot, pointerX, ruleX, tip } from '@observablehq/plot';
import { type Chart, isWide } from './curves.js';
import { number } from './format.js';
import { imageOf } from './image-of.js';

const quiet = 'var(--quiet)';
const axis = { fill: quiet, stroke: 'var(--line)', tickSize: 0, fontSize: 11 };

/** Height of every chart, in pixels: known before it is drawn, so that nothing moves. */
export const chartHeight = 220;

/** Colours of lines that have none of their own; of 4.5 to 1 on both themes' pages is no one colour, so they differ by dashes too. */
const colours = ['var(--student)', 'var(--alone)', 'var(--teacher)', 'var(--quiet)'];
const dashes = ['none', '5,3', '1.5,2.5', '8,3,2,3'];

/** How the line at a place in the order is drawn. */
export function lineStyle(place: number): { readonly stroke: string; readonly strokeDasharray: string } {
  return {
    stroke: colours[place % colours.length]!,
    strokeDasharray: dashes[Math.floor(place / colours.length) % dashes.length]!,
  };
}

/** Draws one metric of several lines, `width` pixels wide. */
export function drawChart({ metric, lines }: Chart, width: number): SVGElement | HTMLElement {
  const points = lines.flatMap(({ name, points }) => points.map((point) => ({ ...point, name })));
  const log = isWide(points.map(({ value }) => value));
  const isShare = metric.includes('accuracy');
  const isConstant = new Set(points.map(({ value }) => value)).size === 1;
  const ends = lines.map(({ name, points }) => `${name} ends at ${number(points.at(-1)!.value)}`);
  const drawn = plot({
    className: 'plot',
    ariaLabel: `${metric} over steps: ${ends.join('; ')}`,
    width,
    height: chartHeight,
    marginLeft: 46,
    marginRight: 10,
    marginTop: 10,
    marginBottom: 34,
    x: { label: null },
    y: {
      ...(isShare && { percent: true }),
      ...(log ? { type: 'log', nice: true } : { nice: true, zero: isConstant }),
    },
    marks: [
      gridY({ stroke: 'var(--line)', strokeOpacity: 1, ticks: log ? 3 : 5 }),
      axisX({ ...axis, ticks: 5, label: 'steps', labelAnchor: 'right', labelArrow: 'none' }),
      axisY({
        ...axis,
        ticks: log ? 3 : 5,
        label: null,
        tickFormat: (value: number) => String(Number(value.toPrecision(3))),
      }),
      ...lines.map(({ colour, place, points }) =>
        line(points, {
          x: 'step',
          y: 'value',
          strokeWidth: 1.75,
          strokeLinejoin: 'round',
          ...lineStyle(place),
          ...(colour !== undefined && { stroke: colour, strokeDasharray: 'none' }),
        }),
      ),
      ruleX(points, pointerX({ x: 'step', py: 'value', stroke: quiet, strokeDasharray: '2,3' })),
      tip(
        points,
        pointerX({
          x: 'step',
          y: 'value',
          fill: 'var(--page)',
          stroke: 'var(--line)',
          title: ({ step, value, name }: (typeof points)[number]) =>
            `${name}\nstep ${number(step)}: ${number(value)}`,
        }),
      ),
    ],
  });
  return imageOf(drawn);
}
