import type { ArmReport, ClassificationReport } from '../assessment/classification-report-schema.js';
import { percent } from '../assessment/wording.js';
import { armNames } from './arms.js';
import { economySentences } from './economy-section.js';
import { visible } from './html.js';
import { formatCount } from './quantities.js';
import { armFacts } from './summary-sections.js';

export interface TerminalOptions {
  /** Whether to use colours; see {@link wantsColor}. */
  readonly color: boolean;
}

const shownPairs = 5;
const shownWarnings = 8;

/** Whether to colour what is written to a stream: on a terminal, unless NO_COLOR is set and not empty (no-color.org). */
export function wantsColor(
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  return stream.isTTY === true && !environment.NO_COLOR;
}

/** The report in short, for a terminal: texts and labels can't move the cursor or change colours. */
export function renderTerminal(report: ClassificationReport, { color }: TerminalOptions): string {
  const paint = (code: number) => (text: string) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const [bold, dim] = [paint(1), paint(2)];
  const tone = { helped: paint(32), hurt: paint(31), 'not shown': paint(33), 'not compared': paint(33) };
  const { verdict, differences, confusion, labels, agreement, warnings, rejected, sizes } = report;
  const teacher = differences.find(({ against }) => against === 'teacher');
  const name = (label: number) => oneLine(labels[label]!);
  const more = warnings.length - shownWarnings;
  const blocks = [
    [
      bold(oneLine(report.title)),
      tone[verdict.distillation](verdict.sentence),
      ...(teacher ? [teacher.sentence] : []),
    ],
    table(report, bold, dim),
    [dim(`${formatCount(sizes.test)} test examples of ${labels.length} classes; 95 % intervals over them`)],
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
    (warnings.length > 0 || rejected.total > 0) && [
      ...warnings.slice(0, shownWarnings).map((warning) => paint(33)(`warning: ${oneLine(warning)}`)),
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

function oneLine(text: string): string {
  return visible(text).replace(/\s+/g, ' ');
}

/** A line for each arm, numbers to the right. */
function table(
  report: ClassificationReport,
  bold: (text: string) => string,
  dim: (text: string) => string,
): string[] {
  const facts = armFacts(report);
  const cells = (arm: ArmReport) =>
    facts.map(({ cell }) => {
      const [value, range] = cell(arm) ?? ['–'];
      return range === undefined ? value : `${value} (${range})`;
    });
  const rows = report.arms.map((arm) => [armNames[arm.id], ...cells(arm)]);
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
    ...rows.map((row, i) => (report.arms[i]!.id === 'student' ? bold(aligned(row)) : aligned(row))),
  ];
}
