import type { ClassificationReport } from '../assessment/classification-report-schema.js';
import { percent } from '../assessment/wording.js';

const titles = { teacher: 'teacher', student: 'student', alone: 'student alone' } as const;

/** The result of a run in a few lines for people. */
export function summaryLines({ verdict, arms, warnings, sizes }: ClassificationReport): string[] {
  const width = Math.max(...arms.map(({ id }) => titles[id].length));
  return [
    verdict.sentence,
    '',
    ...arms.map(({ id, title, accuracy }) => {
      const interval = `${percent(accuracy.low)} to ${percent(accuracy.high)}`;
      return `  ${titles[id].padEnd(width)}  ${percent(accuracy.estimate).padStart(7)}  (${interval})  ${title}`;
    }),
    '',
    `Accuracy on ${sizes.test} test examples with 95 % intervals; ${sizes.train} for training, ${sizes.validation} for validation.`,
    ...warnings.map((warning) => `warning: ${warning}`),
  ];
}
