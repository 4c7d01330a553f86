import type { Answer } from './builder.js';
import { periodOf, timeOf } from './fields.js';
import type { InteractionFormat, Sink } from './format.js';
import { idOf, member, numberAt, readStatements, type Statement, textAt } from './statements.js';

export interface XapiSettings {
  /** Least scaled score of a right answer, where `result.success` is missing. Default 0.5. */
  readonly threshold?: number | undefined;
  /** Key of a context extension that names the concepts, as a text or a list; the parent activities when left out. */
  readonly conceptExtension?: string | undefined;
}

const answered = 'http://adlnet.gov/expapi/verbs/answered';
const voided = 'http://adlnet.gov/expapi/verbs/voided';
const betweenConcepts = '\u001f';
const betweenParts = '[,]';

/** xAPI statements of answers (IEEE 9274.1.1): a list, `{ statements }`, or JSON lines. */
export function xapiStatements(path: string, settings: XapiSettings = {}): InteractionFormat {
  return {
    name: 'xAPI statements',
    building: { timed: true, separator: betweenConcepts },
    warnings: [],
    async read(sink) {
      const statements = await readStatements(path, ['statements'], sink.reject);
      const withdrawn = new Set(
        statements.filter(({ value }) => idOf(value.verb) === voided).map(({ value }) => idOf(value.object)),
      );
      for (const statement of statements) {
        const { value, row } = statement;
        if (idOf(value.verb) !== answered) continue;
        if (value.id !== undefined && withdrawn.has(idOf(value))) {
          sink.reject(row, 'voided', String(value.id));
        } else readStatement(statement, settings, sink);
      }
    },
  };
}

function readStatement({ row, value }: Statement, settings: XapiSettings, sink: Sink): void {
  const answer = answerOf(value, settings, sink);
  if (typeof answer === 'string') sink.reject(row, answer, JSON.stringify(value));
  else sink.add(answer);
}

/** An answer, or the reason why there is none. */
function answerOf(value: Statement['value'], settings: XapiSettings, sink: Sink): Answer | string {
  const learner = actorOf(value.actor);
  const question = idOf(value.object);
  const response = responseOf(value, settings.threshold ?? 0.5);
  const time = timeOf(textAt(value, 'timestamp') ?? '');
  if (learner === undefined) return 'actor is missing';
  if (question === undefined) return 'object is missing';
  if (response === undefined) return 'neither success, score nor known response';
  if (time === undefined) return 'time is missing';
  if (time.zoneless) sink.note('no time zone');
  const concepts = conceptsOf(value, settings.conceptExtension);
  return {
    learner,
    question,
    ...(concepts.length > 0 && { concepts: concepts.join(betweenConcepts) }),
    response,
    order: time.milliseconds,
    duration: periodOf(textAt(value, 'result', 'duration') ?? ''),
  };
}

function actorOf(actor: unknown): string | undefined {
  const name = textAt(actor, 'account', 'name');
  if (name !== undefined) return `${textAt(actor, 'account', 'homePage') ?? ''}/${name}`;
  return textAt(actor, 'mbox') ?? textAt(actor, 'mbox_sha1sum') ?? textAt(actor, 'openid');
}

function conceptsOf(value: unknown, extension: string | undefined): string[] {
  const context = member(value, 'context');
  const found =
    extension === undefined
      ? (member(context, 'contextActivities', 'parent') ?? member(context, 'contextActivities', 'grouping'))
      : member(context, 'extensions', extension);
  const list: unknown[] = Array.isArray(found) ? found : [found];
  return list.map(idOf).filter((id) => id !== undefined);
}

function responseOf(value: unknown, threshold: number): 0 | 1 | undefined {
  const success = member(value, 'result', 'success');
  if (typeof success === 'boolean') return success ? 1 : 0;
  const scaled = numberAt(value, 'result', 'score', 'scaled') ?? shareOf(member(value, 'result', 'score'));
  if (scaled !== undefined) return scaled >= threshold ? 1 : 0;
  const given = textAt(value, 'result', 'response');
  const patterns = member(value, 'object', 'definition', 'correctResponsesPattern');
  if (given === undefined || !Array.isArray(patterns)) return undefined;
  const parts = (text: string) => text.split(betweenParts).sort().join(betweenParts);
  return patterns.some((pattern) => typeof pattern === 'string' && parts(pattern) === parts(given)) ? 1 : 0;
}

function shareOf(score: unknown): number | undefined {
  const [raw, min = 0, max] = [numberAt(score, 'raw'), numberAt(score, 'min'), numberAt(score, 'max')];
  return raw === undefined || max === undefined || max <= min ? undefined : (raw - min) / (max - min);
}
