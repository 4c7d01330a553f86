import type { ClassificationReport } from '../assessment/classification-report-schema.js';
import type { MeasuredReport } from '../assessment/measured-report-schema.js';
import type { StudentReport } from '../assessment/report-schema.js';
import { percent } from '../assessment/wording.js';
import { armNames } from './arms.js';
import { comparedArms } from './comparison.js';
import { economySentences } from './economy-section.js';
import { visible } from './html.js';
import { measuredOn } from './measured-sections.js';
import { formatCount } from './quantities.js';

export interface TerminalOptions {
  /** Whether to use colours; see {@link wantsColor}. */
  readonly color: boolean;
}

const shownPairs = 5;
const shownHardest = 5;
const shownWarnings = 8;

/** Whether to colour what is written to a stream: on a terminal, unless NO_COLOR is set and not empty (no-color.org). */
export function wantsColor(
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && !environment.NO_COLOR;
}

/** The report in short, for a terminal: texts and labels can't move the cursor or change colours. */
export function renderTerminal(report: StudentReport, { color }: TerminalOptions): string {
  const paint = painter(color);
  const { warnings, rejected } = report;
  const more = warnings.length - shownWarnings;
  const blocks = [
    ...(report.kind === 'classification'
      ? classificationBlocks(report, paint)
      : measuredBlocks(report, paint)),
    (warnings.length > 0 || rejected.total > 0) && [
      ...warnings.slice(0, shownWarnings).map((warning) => paint.yellow(`warning: ${oneLine(warning)}`)),
      ...(more > 0 ? [`${more} more warnings in the report`] : []),
      ...(rejected.total > 0
        ? [
            `rejected rows: ${formatCount(rejected.total)}${rejected.path ? `, see ${oneLine(rejected.path)}` : ''}`,
          ]
        : []),
    ],
  ];
  return `${blocks
    .filter((block): block is string[] => Array.isArray(block) && block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

type Block = readonly string[] | false | undefined;

type Painter = Readonly<Record<'bold' | 'dim' | 'red' | 'green' | 'yellow', (text: string) => string>>;

function painter(color: boolean): Painter {
  const paint = (code: number) => (text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  return { bold: paint(1), dim: paint(2), red: paint(31), green: paint(32), yellow: paint(33) };
}

function classificationBlocks(report: ClassificationReport, paint: Painter): Block[] {
  const tone = {
    helped: paint.green,
    hurt: paint.red,
    'not shown': paint.yellow,
    'not compared': paint.yellow,
  };
  const { verdict, differences, confusion, labels, agreement, sizes } = report;
  const teacher = differences.find(({ against }) => against === 'teacher');
  const name = (label: number) => oneLine(labels[label]!);
  return [
    [
      paint.bold(oneLine(report.title)),
      tone[verdict.distillation](verdict.sentence),
      ...(teacher ? [teacher.sentence] : []),
    ],
    table(report, paint),
    [
      paint.dim(
        `${formatCount(sizes.test)} test examples of ${labels.length} classes; 95 % intervals over them`,
      ),
    ],
    economySentences(report).map(oneLine),
    report.choice && [`chosen: ${oneLine(report.choice.reason)}`],
    agreement && [
      `agreement with the teacher: ${percent(agreement.top1)}${
        agreement.whereTeacherWrong === null
          ? ''
          : `; of its ${formatCount(agreement.teacherWrong)} mistakes ${percent(agreement.whereTeacherWrong)} taken over`
      }`,
    ],
    confusion.pairs.length > 0 && [
      'confused most often:',
      ...confusion.pairs
        .slice(0, shownPairs)
        .map(({ actual, predicted, count }) => `  ${count} × ${name(actual)} → ${name(predicted)}`),
    ],
  ];
}

function measuredBlocks(report: MeasuredReport, paint: Painter): Block[] {
  const tone = { better: paint.green, worse: paint.red, open: paint.yellow };
  const { tone: found, sentence } = report.verdict;
  return [
    [paint.bold(oneLine(report.title)), tone[found](oneLine(sentence))],
    table(report, paint),
    [paint.dim(measuredOn(report))],
    report.kind === 'retrieval'
      ? report.hardest.length > 0 && [
          'the queries it answers worst:',
          ...report.hardest.slice(0, shownHardest).map(({ query }) => `  ${shortened(query)}`),
        ]
      : [
          'it writes:',
          ...report.samples.map(
            ({ prompt, text }) => `  ${shortened(prompt === '' ? text : `${prompt} | ${text}`)}`,
          ),
        ],
  ];
}

const lineCharacters = 100;

function shortened(text: string): string {
  const line = oneLine(text).trim();
  return line.length > lineCharacters ? `${line.slice(0, lineCharacters - 1)}…` : line;
}

function oneLine(text: string): string {
  return visible(text).replace(/\s+/g, ' ');
}

/** A line for each arm, numbers to the right. */
function table(report: StudentReport, { bold, dim }: Painter): string[] {
  const { arms, facts } = comparedArms(report);
  const rows = arms.map(({ id }, i) => [
    armNames[id],
    ...facts.map(({ cells }) => {
      const [value, range] = cells[i] ?? ['–'];
      return range === undefined ? value : `${value} (${range})`;
    }),
  ]);
  const heading = ['', ...facts.map((fact) => fact.heading)];
  const widths = heading.map((text, column) =>
    Math.max(text.length, ...rows.map((row) => row[column]!.length)),
  );
  const aligned = (row: readonly string[]) =>
    row
      .map((text, column) => (column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  return [
    dim(aligned(heading)),
    ...rows.map((row, i) => (arms[i]!.id === 'student' ? bold(aligned(row)) : aligned(row))),
  ];
}
