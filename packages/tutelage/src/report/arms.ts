import type { ArmId, ArmReport, ClassificationReport } from '../assessment/classification-report-schema.js';
import type { MeasuredArm } from '../assessment/measured-report-schema.js';

/** The arms of all kinds of reports. */
export type AnyArmId = ArmId | MeasuredArm['id'];

export const armNames: Readonly<Record<AnyArmId, string>> = {
  teacher: 'Teacher',
  student: 'Student',
  alone: 'Student alone',
  baseline: 'Baseline',
};

/** How an arm is drawn: colour, dashes and symbol, so that none has to carry the meaning by itself. */
export const armMarks = {
  teacher: { stroke: 'var(--teacher)', strokeWidth: 1.25, strokeDasharray: 'none', symbol: 'diamond' },
  student: { stroke: 'var(--student)', strokeWidth: 2, strokeDasharray: 'none', symbol: 'circle' },
  alone: { stroke: 'var(--alone)', strokeWidth: 1.5, strokeDasharray: '4,3', symbol: 'square' },
  baseline: { stroke: 'var(--alone)', strokeWidth: 1.5, strokeDasharray: '4,3', symbol: 'square' },
} as const satisfies Record<AnyArmId, unknown>;

/** The student, which every report has. */
export function studentOf(report: ClassificationReport): ArmReport {
  return report.arms.find(({ id }) => id === 'student')!;
}
