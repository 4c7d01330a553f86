import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { percent } from '../assessment/wording.js';
import { UserError } from '../core/errors.js';
import type { MethodContext } from '../core/method.js';
import type { CausalModel } from '../language/causal-model.js';
import { explained } from '../runs/file-errors.js';
import type { JsonObject } from '../runs/json.js';
import { runOwnTrials } from './own-trials.js';
import type { OwnTutor } from './own-tutor.js';
import { writeJsonLines } from './skill-report.js';
import {
  type PairReason,
  pairReasons,
  pairRow,
  readWritten,
  type TutorPair,
  tutorPairs,
  writtenTurns,
} from './tutor-pairs.js';
import { placesOfSplits, type TutorPlace, type TutorSettings } from './tutor-places.js';
import { agreementOf, assessTutor, tutorLine, tutorOutcomeSchema } from './tutor-report.js';

const outcomeSchema = tutorOutcomeSchema.extend({
  /** All codes right where the fine-tuned tutor and the expert agree; null where that is not asked. */
  agreed: z.number().nullable(),
});
type Outcome = z.output<typeof outcomeSchema>;

export interface CourseSettings extends TutorSettings, JsonObject {
  readonly temperature: number;
  readonly order: string;
  readonly batchSize: number;
  readonly loraRank: number;
}

const ownTurns = 'own-turns.jsonl';

/** What a tutor goes through on a user's dialogues: trainings, turns of its own, pairs of them and the expert's, and assessments. */
export async function tutorCourse(own: OwnTutor, settings: CourseSettings, context: MethodContext) {
  const { book } = own;
  const { seed, folder, signal, say } = context;
  for (const line of own.leftOut) say(line);
  if (Object.keys(book.telling).length === 0) {
    say('no telling actions defined in the code book: margin test skipped');
  }
  const places = await placesOfSplits(own, settings, context);
  const writing = { maxTokens: settings.answerTokens, seed, signal };
  const write = (by: CausalModel, at: readonly TutorPlace[], temperature = 0) =>
    writtenTurns(by, at, book, {
      ...writing,
      temperature,
      onProgress: (done) => say(`turns: ${done} of ${at.length}`),
    });

  return {
    places,
    /** What all trainings have alike. */
    training: (name: string) => ({
      batchSize: settings.batchSize,
      loraRank: settings.loraRank,
      seed,
      signal,
      onStep: (step: number, of: number, loss: number) =>
        say(`${name}: ${step} of ${of}, loss ${loss.toFixed(3)}`),
    }),
    /** Runs what is not there yet; fewer where the signal ended the work. */
    trials: (arms: readonly string[], run: (arm: string) => Promise<Outcome>) =>
      runOwnTrials(
        arms.map((arm) => ({ arm, seed })),
        {
          folder,
          facts: { data: own.hash, ...settings },
          outcome: outcomeSchema,
          signal,
          run: ({ arm }) => run(arm),
        },
      ),
    /** A tutor on the test, and on places where it was right before. */
    async assess(by: CausalModel, agreed: readonly TutorPlace[]): Promise<Outcome> {
      const outcome = await assessTutor(by, places.test, book, writing);
      const turns = await write(by, agreed);
      const complete = turns.length === agreed.length && turns.length > 0;
      return { ...outcome, agreed: complete ? agreementOf(agreed, turns, book).joint : null };
    },
    /** Has a tutor write its turns for pairs. */
    async writeOwnTurns(by: CausalModel): Promise<void> {
      const turns = await write(by, places.preferences, settings.temperature);
      writeJsonLines(
        folder,
        ownTurns,
        turns.map(({ text }) => ({ text })),
      );
    },
    /**
     * The pairs of these turns and the expert's, and the places without a pair.
     *
     * @throws {UserError} when there are no pairs
     */
    pairs() {
      const written = readWritten(join(folder, ownTurns), book);
      const found = tutorPairs(places.preferences, written, settings.order.split(',') as PairReason[]);
      writeJsonLines(
        folder,
        'pairs.jsonl',
        found.pairs.map((pair) => pairRow(pair, book)),
      );
      if (found.pairs.length > 0) return found;
      throw new UserError('tutor agrees with the expert on all turns: no pairs', {
        hint: 'give more dialogues for preferences, raise the temperature, or fine-tune it less',
      });
    },
    /** Share of the places of preferences where the expert helps on that a tutor tells. */
    async tells(by: CausalModel): Promise<number> {
      const turns = await write(by, places.preferences);
      return agreementOf(places.preferences.slice(0, turns.length), turns, book).tells ?? 0;
    },
    /** Writes `report.json`, and says it in lines. */
    report(pairs: readonly TutorPair[], found: readonly (Outcome & { readonly arm: string })[]): string[] {
      const reasons = pairReasons.map((reason) => ({
        reason,
        pairs: pairs.filter((pair) => pair.reason === reason).length,
      }));
      const path = join(folder, 'report.json');
      const report = { codes: book, turns: places.preferences.length, reasons, tutors: found };
      explained('write a file', path, () => writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`));
      return [
        `${pairs.length} pairs of ${places.preferences.length} turns: ${reasons.map(({ reason, pairs: count }) => `${count} by ${reason}`).join(', ')}`,
        ...found.map((one) => {
          const kept = one.agreed === null ? '' : `, still right where it was ${percent(one.agreed)}`;
          return `${one.arm}: ${tutorLine(one)}${kept}`;
        }),
        `pairs, tutors and report: ${folder}`,
      ];
    },
  };
}
