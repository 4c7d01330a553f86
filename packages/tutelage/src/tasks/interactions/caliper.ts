import type { Answer } from './builder.js';
import { timeOf } from './fields.js';
import type { InteractionFormat, Sink } from './format.js';
import { idOf, member, numberAt, readStatements, type Statement, textAt } from './statements.js';

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
      const answers = events.filter(isAnswer);
      const attempted = new Set(answers.flatMap(attemptsOf));
      const scores = new Map<string, number>();
      for (const { value, row } of events) {
        const score = scoreOf(value);
        if (score === undefined) continue;
        if (score.attempt === undefined || !attempted.has(score.attempt)) {
          sink.reject(row, 'score without attempt', JSON.stringify(value));
        } else scores.set(score.attempt, score.share);
      }
      for (const event of answers) {
        const answer = answerOf(event, scores, threshold, sink);
        if (typeof answer === 'string') sink.reject(event.row, answer, JSON.stringify(event.value));
        else sink.add(answer);
      }
    },
  };
}

function isAnswer({ value }: Statement): boolean {
  const action = (textAt(value, 'action') ?? '').split('#').at(-1)!;
  return /AssessmentItemEvent$/.test(typeOf(value)) && done.includes(action);
}

function typeOf(event: unknown): string {
  return textAt(event, 'type') ?? textAt(event, '@type') ?? '';
}

/** Names that the score of an answer may refer to it by. */
function attemptsOf({ value }: Statement): string[] {
  const generated = member(value, 'generated');
  return [idOf(member(generated, 'attempt')), idOf(generated)].filter((id) => id !== undefined);
}

/** An answer, or the reason why there is none. */
function answerOf(
  event: Statement,
  scores: ReadonlyMap<string, number>,
  threshold: number,
  sink: Sink,
): Answer | string {
  const { value } = event;
  const learner = idOf(value.actor);
  const question = idOf(value.object);
  const share = attemptsOf(event)
    .map((attempt) => scores.get(attempt))
    .find((found) => found !== undefined);
  const time = timeOf(textAt(value, 'eventTime') ?? '');
  if (learner === undefined || question === undefined) return 'actor or object is missing';
  if (share === undefined) return 'no score for this attempt';
  if (time === undefined) return 'time is missing';
  if (time.zoneless) sink.note('no time zone');
  const generated = member(value, 'generated');
  const [start, end] = ['startedAtTime', 'endedAtTime'].map((name) =>
    timeOf(textAt(generated, name) ?? textAt(generated, 'attempt', name) ?? ''),
  );
  return {
    learner,
    question,
    response: share >= threshold ? 1 : 0,
    order: time.milliseconds,
    ...(start && end && { duration: end.milliseconds - start.milliseconds }),
  };
}

/** Share of the greatest score, of a Score or of the older Result, and the attempt that it is of; undefined where there is none. */
function scoreOf(
  event: unknown,
): { readonly attempt: string | undefined; readonly share: number } | undefined {
  if (!/(Grade|Outcome)Event$/.test(typeOf(event))) return undefined;
  const generated = member(event, 'generated');
  const given = ['scoreGiven', 'normalScore', 'totalScore']
    .map((name) => numberAt(generated, name))
    .find((found) => found !== undefined);
  const most = numberAt(generated, 'maxScore') ?? 1;
  if (given === undefined || most <= 0) return undefined;
  return {
    attempt: idOf(member(generated, 'attempt')) ?? idOf(member(event, 'object')),
    share: given / most,
  };
}
