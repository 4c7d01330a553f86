import { timeOf } from './fields.js';
import type { InteractionFormat } from './format.js';
import { idOf, member, numberAt, readStatements, textAt } from './statements.js';

const done = ['Completed', 'Submitted'];

/**
 * Caliper events (1EdTech, 1.1 and 1.2), in envelopes or not: answers to assessment items, joined by their attempts with the scores
 * of grade events.
 *
 * @param threshold least share of the greatest score of a right answer
 */
export function caliperEvents(path: string, threshold = 0.5): InteractionFormat {
  return {
    name: 'Caliper events',
    building: { timed: true },
    warnings: [],
    async read(sink) {
      const events = await readStatements(path, ['data'], sink.reject);
      const scores = new Map<string, number>();
      const attempts = new Set<string>();
      for (const { value } of events) {
        const graded = /GradeEvent|OutcomeEvent/.test(textAt(value, 'type') ?? textAt(value, '@type') ?? '');
        const score = shareOfScore(member(value, 'generated'));
        if (!graded || score === undefined) continue;
        const attempt = idOf(member(value, 'generated', 'attempt')) ?? idOf(member(value, 'object'));
        if (attempt !== undefined) scores.set(attempt, score);
      }
      for (const { value, row } of events) {
        const reject = (reason: string): void => sink.reject(row, reason, JSON.stringify(value));
        const type = textAt(value, 'type') ?? textAt(value, '@type') ?? '';
        if (!/AssessmentItemEvent$/.test(type) || !done.includes(actionOf(value))) continue;
        const generated = member(value, 'generated');
        const keys = [idOf(member(generated, 'attempt')), idOf(generated)].filter((id) => id !== undefined);
        for (const key of keys) attempts.add(key);
        const score = keys.map((key) => scores.get(key)).find((found) => found !== undefined);
        const learner = idOf(value.actor);
        const question = idOf(value.object);
        const time = timeOf(textAt(value, 'eventTime') ?? '');
        if (learner === undefined || question === undefined) reject('actor or object is missing');
        else if (score === undefined) reject('no score for this attempt');
        else if (time === undefined) reject('time is missing');
        else {
          if (time.zoneless) sink.note('no time zone');
          const [start, end] = ['startedAtTime', 'endedAtTime'].map((name) =>
            timeOf(textAt(generated, name) ?? textAt(generated, 'attempt', name) ?? ''),
          );
          sink.add({
            learner,
            question,
            response: score >= threshold ? 1 : 0,
            order: time.milliseconds,
            ...(start && end && { duration: end.milliseconds - start.milliseconds }),
          });
        }
      }
      for (const { value, row } of events) {
        const attempt = idOf(member(value, 'generated', 'attempt')) ?? idOf(member(value, 'object'));
        const isScore = shareOfScore(member(value, 'generated')) !== undefined;
        if (isScore && (attempt === undefined || !attempts.has(attempt))) {
          sink.reject(row, 'score without attempt', JSON.stringify(value));
        }
      }
    },
  };
}

function actionOf(event: unknown): string {
  return (textAt(event, 'action') ?? '').split('#').at(-1)!;
}

/** Share of the greatest score, of 1.1's and 1.2's Score or the older Result. */
function shareOfScore(generated: unknown): number | undefined {
  const given =
    numberAt(generated, 'scoreGiven') ??
    numberAt(generated, 'normalScore') ??
    numberAt(generated, 'totalScore');
  return given === undefined ? undefined : given / (numberAt(generated, 'maxScore') ?? 1);
}
