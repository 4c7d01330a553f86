import {
  axisX,
  axisY,
  cell,
  dot,
  gridX,
  gridY,
  line,
  link,
  type Markish,
  ruleX,
  text,
} from '@observablehq/plot';
import type { ArmReport, ClassificationReport } from '../assessment/classification-report-schema.js';
import type { LearningCurve } from '../assessment/learning-curves.js';
import { decimal, percent, pointsRange, signedPoints } from '../assessment/wording.js';
import { type AnyArmId, armMarks, armNames, studentOf } from './arms.js';
import { draw, plotWidth } from './drawing.js';
import { type Markup, visible } from './html.js';

const quiet = 'var(--quiet)';
const grid = { stroke: 'var(--line)', strokeOpacity: 1 };
const axis = { fill: quiet, stroke: 'var(--line)', tickSize: 0, fontSize: 11 };
const rowHeight = 34;

/** Accuracy of each arm with its interval. */
export function accuracyPlot({ arms }: ClassificationReport): Markup {
  const rows = arms.map(({ id, accuracy }) => ({ id, name: armNames[id], ...accuracy }));
  const words = rows.map((row) => `${row.name} ${percent(row.estimate)}, ${pointsRange(row)}`);
  return intervalPlot(`Accuracy with 95 % intervals: ${words.join('; ')}`, rows, []);
}

/** Lead of the student over each of the others, with its interval. */
export function differencePlot({ differences }: ClassificationReport): Markup {
  const rows = differences.map((found) => ({
    id: found.against,
    name: `over ${found.against === 'alone' ? 'student alone' : 'teacher'}`,
    ...found,
  }));
  const words = rows.map((row) => `${row.name} ${signedPoints(row.estimate)}, ${pointsRange(row)}`);
  const zero = ruleX([0], { stroke: 'var(--ink)', strokeWidth: 1 });
  return intervalPlot(`Lead of the student in points: ${words.join('; ')}`, rows, [zero]);
}

/** A figure of each arm with its interval, such as nDCG. */
export function measurePlot(measure: string, rows: readonly IntervalRow[]): Markup {
  const words = rows.map(
    ({ name, estimate, low, high }) =>
      `${name} ${decimal(estimate, 3)}, ${decimal(low, 3)} to ${decimal(high, 3)}`,
  );
  return intervalPlot(`${measure} with 95 % intervals: ${words.join('; ')}`, rows, [], 1);
}

export interface IntervalRow {
  readonly id: AnyArmId;
  readonly name: string;
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** @param scale 100 for shares that are shown in points */
function intervalPlot(
  description: string,
  rows: readonly IntervalRow[],
  marks: readonly Markish[],
  scale = 100,
): Markup {
  const y = (row: IntervalRow) => row.name;
  return draw(description, {
    height: rows.length * rowHeight + 34,
    marginLeft: 122,
    marginRight: 14,
    marginTop: 6,
    marginBottom: 28,
    x: { nice: true, ticks: 5 },
    y: { domain: rows.map(y), label: null },
    marks: [
      gridX({ ...grid, ticks: 5 }),
      axisX({ ...axis, label: null, ticks: 5 }),
      axisY({ ...axis, fill: 'var(--ink)', fontSize: 12 }),
      ...marks,
      ...rows.flatMap((row) => {
        const { stroke, symbol } = armMarks[row.id];
        return [
          link([row], {
            x1: scale * row.low,
            x2: scale * row.high,
            y,
            stroke,
            strokeWidth: 2.5,
            strokeLinecap: 'round',
          }),
          dot([row], {
            x: scale * row.estimate,
            y,
            symbol,
            fill: stroke,
            r: 5,
            stroke: 'var(--page)',
            strokeWidth: 1.5,
          }),
        ];
      }),
    ],
  });
}

/** One metric of all arms over training. */
export function learningPlot(metric: string, curves: readonly LearningCurve[]): Markup {
  const isShare = metric.includes('accuracy');
  const values = curves.flatMap(({ points }) => points.map(([, value]) => value));
  const isWide = Math.min(...values) > 0 && Math.max(...values) > 30 * Math.min(...values);
  const ends = curves.flatMap(({ arm, points }) => {
    const last = points.at(-1);
    return last ? [`${arm} ends at ${isShare ? percent(last[1]) : last[1].toPrecision(3)}`] : [];
  });
  return draw(`${metric} over steps: ${ends.join('; ')}`, {
    height: 220,
    marginLeft: 40,
    marginRight: 10,
    marginTop: 10,
    marginBottom: 34,
    x: { label: null },
    y: { nice: true, ...(isShare ? { percent: true } : isWide ? { type: 'log' } : { zero: true }) },
    marks: [
      gridY({ ...grid, ticks: isWide ? 3 : 5 }),
      axisX({ ...axis, ticks: 5, label: 'steps', labelAnchor: 'right', labelArrow: 'none' }),
      axisY({ ...axis, ticks: isWide ? 3 : 5, label: null, ...(isWide && { tickFormat: String }) }),
      ...curves.map(({ arm, points }) => {
        const { stroke, strokeWidth, strokeDasharray } = marksOf(arm);
        return line(points, { stroke, strokeWidth, strokeDasharray, strokeLinejoin: 'round' });
      }),
    ],
  });
}

function marksOf(arm: string) {
  return arm === 'teacher' || arm === 'alone' ? armMarks[arm] : armMarks.student;
}

/** Confidence against accuracy of one arm; the area of a dot is that of its examples. */
export function reliabilityPlot({ id, soft }: ArmReport): Markup {
  const curve = (soft?.calibration.curve ?? []).map((bin) => ({
    confidence: 100 * bin.confidence,
    accuracy: 100 * bin.accuracy,
    count: bin.count,
  }));
  const { stroke } = armMarks[id];
  const words = curve.map((bin) => `${bin.confidence.toFixed(0)} % sure, ${bin.accuracy.toFixed(0)} % right`);
  return draw(`Reliability of the ${armNames[id].toLowerCase()}: ${words.join('; ')}`, {
    width: 260,
    height: 240,
    marginLeft: 32,
    marginRight: 14,
    marginTop: 12,
    marginBottom: 34,
    x: { domain: [0, 100] },
    y: { domain: [0, 100] },
    r: { range: [2, 8] },
    marks: [
      gridX({ ...grid, ticks: 5 }),
      gridY({ ...grid, ticks: 5 }),
      axisX({ ...axis, ticks: 5, label: 'confidence', labelAnchor: 'right', labelArrow: 'none' }),
      axisY({ ...axis, ticks: 5, label: null }),
      line(
        [
          [0, 0],
          [100, 100],
        ],
        { stroke: quiet, strokeDasharray: '2,3' },
      ),
      line(curve, { x: 'confidence', y: 'accuracy', stroke, strokeWidth: 1.5 }),
      dot(curve, { x: 'confidence', y: 'accuracy', r: 'count', fill: stroke, stroke: 'var(--page)' }),
    ],
  });
}

const cellSize = 26;

/** Counts of true classes (rows) against the student's answers (columns). */
export function confusionPlot({ labels, confusion }: ClassificationReport): Markup {
  const size = labels.length;
  const support = labels.map((_, row) =>
    (confusion.counts ?? []).slice(row * size, (row + 1) * size).reduce((sum, count) => sum + count, 0),
  );
  const cells = (confusion.counts ?? []).flatMap((count, at) => {
    const row = Math.floor(at / size);
    return count === 0 ? [] : [{ row, column: at % size, count, share: count / support[row]! }];
  });
  const longest = Math.min(24, Math.max(...labels.map((label) => label.length)));
  const margin = 14 + longest * 6.6;
  const marginTop = 14 + longest * (longest > 3 ? 5.8 : 3);
  const named = (index: number) => shortened(labels[index]!, 24);
  const side = Math.max(size * cellSize, plotWidth - margin - 10);
  const order = labels.map((_, index) => index);
  return draw(`Confusion of ${size} classes; the table of the most confused pairs says the same in words`, {
    width: side + margin + 10,
    height: side + marginTop + 10,
    marginLeft: margin,
    marginTop,
    marginRight: 10,
    marginBottom: 10,
    x: { domain: order },
    y: { domain: order },
    marks: [
      axisX({ ...axis, anchor: 'top', label: null, tickFormat: named, tickRotate: longest > 3 ? -60 : 0 }),
      axisY({ ...axis, label: null, tickFormat: named }),
      cell(cells, {
        x: 'column',
        y: 'row',
        inset: 0.5,
        fill: ({ row, column }: { row: number; column: number }) =>
          row === column ? 'var(--student)' : 'var(--alone)',
        fillOpacity: ({ share }: { share: number }) => 0.1 + 0.4 * Math.sqrt(share),
      }),
      text(cells, { x: 'column', y: 'row', text: 'count', fill: 'var(--ink)', fontSize: 11 }),
    ],
    color: { type: 'identity' },
    opacity: { type: 'identity' },
  });
}

/** A label without its middle if it is too long, since names that begin alike may end differently. */
function shortened(name: string, length: number): string {
  const label = visible(name);
  if (label.length <= length) return label;
  const half = (length - 1) / 2;
  return `${label.slice(0, Math.ceil(half))}…${label.slice(-Math.floor(half))}`;
}

/** How right the student is, class by class, from best to worst: a strip of F1 scores. */
export function classStrip(report: ClassificationReport): Markup {
  const scores = studentOf(report).classes.filter(({ support }) => support > 0);
  const sorted = scores.map(({ f1 }) => f1).sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return draw(`F1 of each class: from ${percent(sorted[0] ?? 0)}, median ${percent(middle)}`, {
    height: 84,
    marginLeft: 14,
    marginRight: 14,
    marginTop: 8,
    marginBottom: 28,
    x: { percent: true, nice: true },
    marks: [
      axisX({ ...axis, label: null, ticks: 5 }),
      gridX({ ...grid, ticks: 5 }),
      ruleX(sorted, { stroke: 'var(--student)', strokeOpacity: 0.55, strokeWidth: 1.5 }),
    ],
  });
}
