import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Figure, intervalSchema } from '../api/index.js';

const costs = z.object({ bytes: z.number().optional(), milliseconds: z.number().optional() });
const measured = intervalSchema.extend({ name: z.string() });

/** What the studio shows of a run's assessment, of which there is more in the report: of a classifier, or of another student. */
const reportSchema = z.object({
  arms: z.array(
    z.union([
      z.object({ id: z.string(), costs, accuracy: intervalSchema, macroF1: intervalSchema }),
      z.object({ id: z.string(), costs, measures: z.array(measured) }),
    ]),
  ),
  reproduce: z.object({ hashes: z.record(z.string(), z.string()) }),
});

export interface Assessment {
  /** On the test data; the first is the one that counts. */
  readonly figures: readonly Figure[];
  readonly costs: z.infer<typeof costs>;
  readonly dataHash: string | undefined;
}

/** The student's part of `report.json`; undefined when it can't be read, which is no reason to show nothing of the run. */
export function readAssessment(path: string): Assessment | undefined {
  try {
    const { arms, reproduce } = reportSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    const student = arms.find(({ id }) => id === 'student');
    if (!student) return undefined;
    const measures =
      'measures' in student
        ? student.measures
        : [
            { name: 'accuracy', ...student.accuracy },
            { name: 'macro F1', ...student.macroF1 },
          ];
    const figures = measures.map(({ name, estimate, low, high }) => ({ name, value: estimate, low, high }));
    return { figures, costs: student.costs, dataHash: reproduce.hashes.data };
  } catch {
    return undefined;
  }
}
