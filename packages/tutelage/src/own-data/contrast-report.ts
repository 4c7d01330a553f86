import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mean } from '../assessment/checks.js';
import { decimal } from '../assessment/wording.js';
import type { ArmResult } from '../claims/results.js';
import { explained } from '../runs/file-errors.js';
import type { OwnRetrieval } from '../tasks/own-retrieval.js';
import type { ContrastLog, PairSeen, StepSeen } from '../teachers/contrast-log.js';
import type { TimedScorer } from './scoring-rates.js';

const listed = 50;
const parts = 3;

/**
 * Writes how a training by candidates went: `hardest.tsv`, the pairs whose answer the teacher puts behind the most by its wrong
 * candidates, which may be errors or duplicates; `weights.tsv`, each pair's mean weight in the first, second and last third of the steps
 * (empty where it was not met); `weights.svg`, weights and entropies by step; and `report.json`.
 *
 * @returns lines for the user
 * @throws {UserError} when files can't be written
 */
export function writeContrastReport(
  folder: string,
  own: OwnRetrieval,
  log: ContrastLog,
  report: {
    readonly results: readonly ArmResult[];
    readonly curves: unknown;
    readonly teacher: TimedScorer;
    /** Pairs that students score in a second, by training; the last is the method's. */
    readonly rates: Readonly<Record<string, number>>;
  },
): string[] {
  const pairs = [...log.pairs.values()];
  const named = ({ pair: [query, passage] }: PairSeen) =>
    `${own.queries[query]!.id}\t${own.passages[passage]!.id}`;
  const plain = (text: string) => text.replaceAll(/\s+/g, ' ');
  const hardest = pairs.toSorted((a, b) => a.lead - b.lead).slice(0, listed);
  const steps = log.steps.at(-1)?.step ?? 0;
  const { teacher, rates, ...rest } = report;
  const teacherRate = teacher.asked / teacher.seconds;
  const told = { ...rest, pairsScored: teacher.asked, pairsASecond: { teacher: teacherRate, ...rates } };
  const files = {
    'hardest.tsv': hardest.map(
      (seen) =>
        `${seen.lead}\t${named(seen)}\t${plain(own.queries[seen.pair[0]]!.text)}\t${plain(own.passages[seen.pair[1]]!.text)}\n`,
    ),
    'weights.tsv': pairs.map((seen) => `${named(seen)}\t${byThirds(seen, steps).join('\t')}\n`),
    'weights.svg': [weightsPlot(log.steps)],
    'report.json': [`${JSON.stringify({ ...told, steps: log.steps }, undefined, 2)}\n`],
  };
  for (const [name, lines] of Object.entries(files)) {
    const path = join(folder, name);
    explained('write the report', path, () => writeFileSync(path, lines.join('')));
  }
  const studentRate = Object.values(rates).at(-1) ?? 0;
  return [
    `pairs scored a second: teacher ${decimal(teacherRate, 0)}, student ${decimal(studentRate, 0)}, encoding included`,
    `pairs that the teacher scored: ${teacher.asked}; those that it finds hardest are in hardest.tsv`,
  ];
}

function byThirds({ weights }: PairSeen, steps: number): string[] {
  return Array.from({ length: parts }, (_, part) => {
    const own = weights.filter(({ step }) => Math.floor(((step - 1) * parts) / steps) === part);
    return own.length === 0 ? '' : mean(own.map(({ weight }) => weight)).toFixed(3);
  });
}

const [width, height, edge] = [640, 320, 40];

/** Curves by step: the normalised entropies of teacher and student, and the least and greatest weight. */
function weightsPlot(steps: readonly StepSeen[]): string {
  const curves = [
    ["teacher's entropy", '#0072b2', steps.map((step) => step.teacherEntropy)],
    ["student's entropy", '#d55e00', steps.map((step) => step.studentEntropy)],
    ['least weight', '#999999', steps.map((step) => step.weights[0])],
    ['greatest weight', '#333333', steps.map((step) => step.weights[1])],
  ] as const;
  const highest = Math.max(1, ...curves.flatMap(([, , values]) => values));
  const x = (i: number) => edge + (i * (width - 2 * edge)) / Math.max(1, steps.length - 1);
  const y = (value: number) => height - edge - (value * (height - 2 * edge)) / highest;
  const lines = curves.map(([name, colour, values], i) => {
    const points = values.map((value, at) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    return `<polyline fill="none" stroke="${colour}" points="${points}"/><text x="${edge + i * 140}" y="20" fill="${colour}">${name}</text>`;
  });
  const axes = `<path d="M${edge} ${edge}V${height - edge}H${width - edge}" fill="none" stroke="#666"/>`;
  const ticks = `<text x="4" y="${y(highest) + 4}">${highest.toFixed(1)}</text><text x="4" y="${y(0) + 4}">0</text><text x="${width - edge}" y="${height - 20}" text-anchor="end">step ${steps.length}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="12">${axes}${ticks}${lines.join('')}</svg>\n`;
}
