import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StudentReport } from '../../assessment/report-schema.js';
import { UserError } from '../../core/errors.js';
import type { Progress } from '../../runs/progress.js';
import type { Run } from '../../runs/run.js';
import { lmSmall } from '../../students/lm-small.js';
import { retrieverSmall } from '../../students/retriever-small.js';
import type { Shipped } from '../../students/write-student.js';
import type { RejectSummary } from '../../tasks/rejected.js';
import type { Console } from '../console.js';
import { classifierAssignment } from './classifier-assignment.js';
import { languageAssignment } from './language-assignment.js';
import { retrieverAssignment } from './retriever-assignment.js';
import type { DistillSettings } from './settings.js';

/** What every kind of data has. */
export interface ReadData {
  readonly name: string;
  /** SHA-256 of what can be used of them. */
  readonly hash: string;
  readonly rejected: RejectSummary;
  /** What the user should know before trusting a result. */
  readonly warnings: readonly string[];
}

/** A run in which a student is taught. */
export interface TeachingContext {
  readonly run: Run;
  readonly settings: DistillSettings;
  readonly io: Console;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export interface Distilled {
  readonly report: StudentReport;
  readonly shipped: Shipped;
}

/** Data that were read, and what to do with them, for one kind of student. */
export interface Assignment {
  readonly data: ReadData;
  /** How much there is of what, in a line. */
  readonly overview: string;
  /** Words after `tutelage predict STUDENT` that try it. */
  readonly trial: string;
  /**
   * Teaches, assesses and ships. Each part is kept in the run, so that the whole can be killed and called again, and ends in the same
   * student.
   *
   * @returns undefined if it was interrupted
   */
  perform(context: TeachingContext): Promise<Distilled | undefined>;
}

/**
 * Reads the data as the student that is to be taught needs them.
 *
 * @param rejectedPath where rows that can't be used are written
 * @throws {UserError} when the data or a setting can't be used for this kind of student
 */
export async function readAssignment(settings: DistillSettings, rejectedPath?: string): Promise<Assignment> {
  switch (settings.student) {
    case retrieverSmall.id:
      return retrieverAssignment(settings, rejectedPath);
    case lmSmall.id:
      return languageAssignment(settings, rejectedPath);
    default:
      await checkForClassifier(settings);
      return classifierAssignment(settings, rejectedPath);
  }
}

/** Data that no classifier can be taught on are told before anything is guessed of them. */
async function checkForClassifier({ data, query, document }: DistillSettings): Promise<void> {
  const wanted = (kind: string, id: string) =>
    new UserError(`${kind}, which no classifier learns from: ${data}`, {
      hint: `name the student: --student ${id}`,
    });
  if (query !== undefined || document !== undefined) throw wanted('queries and documents', retrieverSmall.id);
  if (/\.(txt|text|md)(\.gz)?$/i.test(data)) throw wanted('plain text', lmSmall.id);
  for (const name of ['corpus.jsonl', 'corpus.jsonl.gz']) {
    if (await stat(join(data, name)).catch(() => undefined)) {
      throw wanted('queries and documents', retrieverSmall.id);
    }
  }
}
