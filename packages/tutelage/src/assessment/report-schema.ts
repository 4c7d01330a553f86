import { z } from 'zod';
import { classificationReport } from './classification-report-schema.js';
import type { Costs } from './economy-schema.js';
import { languageReport, type Measure, retrievalReport } from './measured-report-schema.js';

/** A report on a taught student; `kind` tells of which kind. */
export const studentReport = z.discriminatedUnion('kind', [
  classificationReport,
  retrievalReport,
  languageReport,
]);

export type StudentReport = z.infer<typeof studentReport>;

/** What a report says of its student, whatever its kind. */
export interface StudentFigures {
  readonly title: string;
  /** The first is the one that counts. */
  readonly measures: readonly Measure[];
  readonly costs: Costs;
}

export function studentFigures(report: StudentReport): StudentFigures {
  if (report.kind !== 'classification') return report.arms.find(({ id }) => id === 'student')!;
  const { title, accuracy, macroF1, costs } = report.arms.find(({ id }) => id === 'student')!;
  return {
    title,
    costs,
    measures: [
      { name: 'accuracy', ...accuracy },
      { name: 'macro F1', ...macroF1 },
    ],
  };
}
