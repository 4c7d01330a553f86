import { basename } from 'node:path';
import { UserError } from '../../core/errors.js';
import { checkRejected, openRejectLog, type RejectSummary } from '../rejected.js';
import { interactionsBuilder, type Preparation } from './builder.js';
import type { InteractionFormat, Sink } from './format.js';
import { hashOfInteractions } from './hash.js';
import { hasSeveralConcepts, type Interactions } from './interactions.js';

export interface ReadingOptions {
  /** Fewest answers of a learner. Default 3. */
  readonly shortest?: number;
  /** Most concepts, before memory becomes a worry. Default 50,000. */
  readonly mostConcepts?: number;
  /** A file for the rows that can't be used. */
  readonly rejected?: string;
}

/** Answers, and what became of the rows that were read. */
export interface ReadInteractions {
  readonly interactions: Interactions;
  readonly format: string;
  /** Rows read, the rejected ones among them. */
  readonly rows: number;
  readonly rejected: RejectSummary;
  readonly preparation: Preparation;
  readonly warnings: readonly string[];
  /** SHA-256 of the answers as they are used. */
  readonly hash: string;
}

const mostUntagged = 0.2;
const mostRejected = 0.5;

/**
 * Reads answers and makes sequences of them, one for each learner.
 *
 * @throws {UserError} when too many rows can't be used, more than a fifth have no concept, a learner is in two folds, all answers
 *   are alike, or nothing is left
 */
export async function readInteractions(
  path: string,
  format: InteractionFormat,
  options: ReadingOptions = {},
): Promise<ReadInteractions> {
  const { shortest = 3, mostConcepts = 50_000 } = options;
  const builder = interactionsBuilder({ ...format.building, shortest });
  const log = openRejectLog(options.rejected);
  const notes = new Map<string, number>();
  let [refused, untagged] = [0, 0];
  const sink: Sink = {
    add: builder.add,
    reject(row, reason, raw, source = basename(path)) {
      refused += 1;
      log.add({ source, row, reason, raw });
    },
    untagged(row, raw, source = basename(path)) {
      untagged += 1;
      log.add({ source, row, reason: 'no concept', raw });
    },
    assign(learner, fold, row) {
      if (builder.assign(learner, fold)) return;
      throw new UserError(`learner in two folds: ${learner}, row ${row} of ${path}`, {
        hint: 'answers of one learner must all be in one fold, or the test has seen them',
      });
    },
    note: (kind) => void notes.set(kind, (notes.get(kind) ?? 0) + 1),
  };
  await format.read(sink);
  const rejected = log.close();
  const rows = builder.rows + refused + untagged;
  if (rows === 0) throw new UserError(`no answers: ${path}`);
  checkRejected({ ...rejected, total: refused }, rows, mostRejected);
  if (untagged > mostUntagged * rows) {
    throw new UserError(`too many answers without a concept: ${untagged} of ${rows}: ${path}`, {
      hint: 'tag the questions, or leave the concepts out altogether: questions are then their own concepts',
    });
  }
  const { interactions, preparation } = builder.finish();
  checkUsable(path, interactions, { shortest, mostConcepts });
  const read = { interactions, format: format.name, rows, rejected, preparation };
  return {
    ...read,
    warnings: [...format.warnings, ...warningsOf(read, notes.get('no time zone') ?? 0)],
    hash: hashOfInteractions(interactions),
  };
}

function checkUsable(
  path: string,
  data: Interactions,
  { shortest, mostConcepts }: { shortest: number; mostConcepts: number },
): void {
  if (data.learners.length < 2) {
    throw new UserError(`too few learners of ${shortest} answers or more: ${data.learners.length}: ${path}`);
  }
  if (data.response.every((r) => r === data.response[0])) {
    throw new UserError(`all answers are ${data.response[0] === 1 ? 'right' : 'wrong'}: ${path}`, {
      hint: 'there is nothing to tell apart, and AUC is undefined; check the column of responses',
    });
  }
  if (data.concepts.length > mostConcepts) {
    throw new UserError(`too many concepts: ${data.concepts.length}, at most ${mostConcepts}: ${path}`, {
      hint: 'check the column of concepts: ids of answers may have been taken for them',
    });
  }
}

function warningsOf(
  { interactions, rejected, preparation }: Omit<ReadInteractions, 'warnings' | 'hash'>,
  zoneless: number,
): string[] {
  const { unordered, duplicates, merged, short } = preparation;
  const reasons = [...rejected.byReason].map(([reason, count]) => `${count} ${reason}`);
  const where = rejected.first[0];
  const said: readonly (readonly [boolean, string])[] = [
    [
      rejected.total > 0,
      `${rejected.total} rows left out (${reasons.join(', ')}), the first in row ${where?.row} of ${where?.source}`,
    ],
    [unordered > 0, `${unordered} learners' answers were not in the order of time; they were sorted`],
    [duplicates > 0, `${duplicates} rows repeat another one and were left out: they would inflate AUC`],
    [merged > 0, `${merged} rows name a further concept of the same answer; each answer counts once`],
    [short > 0, `${short} learners have too few answers and were left out`],
    [zoneless > 0, `${zoneless} times have no time zone; UTC was assumed`],
    [
      hasSeveralConcepts(interactions),
      'some questions have several concepts: the estimates of all are made before the answer is seen, and averaged',
    ],
  ];
  return said.filter(([holds]) => holds).map(([, text]) => text);
}
