import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { intervalSchema } from '../api/index.js';

/** What the studio shows of a run's assessment, of which there is more in the report. */
const reportSchema = z.object({
  arms: z.array(
    z.object({
      id: z.string(),
      accuracy: intervalSchema,
      macroF1: intervalSchema,
      costs: z.object({ bytes: z.number().optional(), milliseconds: z.number().optional() }),
    }),
  ),
  reproduce: z.object({ hashes: z.record(z.string(), z.string()) }),
});

export type Assessment = z.infer<typeof reportSchema>['arms'][number] & {
  readonly dataHash: string | undefined;
};

/** The student's part of `report.json`; undefined when it can't be read, which is no reason to show nothing of the run. */
export function readAssessment(path: string): Assessment | undefined {
  try {
    const { arms, reproduce } = reportSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
    const student = arms.find(({ id }) => id === 'student');
    return student && { ...student, dataHash: reproduce.hashes.data };
  } catch {
    return undefined;
  }
}
