import type { Interactions } from '../tasks/interactions/index.js';
import { masteredFrom } from './bkt.js';
import { itemAt, type Tracer } from './tracer.js';

/** How surely a learner knew a concept after an answer to it. */
export interface MasteryRecord {
  readonly learner: string;
  /** From 1, of the learner's answers. */
  readonly answer: number;
  /** Milliseconds since 1970, where known. */
  readonly time?: number | undefined;
  readonly concept: string;
  readonly mastery: number;
}

/**
 * Mastery over time, concept by concept, of a tracer whose state is the chance that each concept is known, as BKT's is. The raw output
 * of a net is none: it jumps, and may fall after a right answer.
 */
export async function* masteryOverTime(
  data: Interactions,
  tracer: Tracer,
  learners: Iterable<number>,
): AsyncGenerator<MasteryRecord> {
  for (const u of learners) {
    const follower = tracer.follow();
    const begin = data.offsets[u]!;
    for (let row = begin; row < data.offsets[u + 1]!; row++) {
      const item = itemAt(data, row);
      await follower.answer(item, data.response[row] === 1 ? 1 : 0);
      const known = follower.state() as readonly number[];
      for (const k of item.concepts) {
        const time = data.time?.[row];
        yield {
          learner: data.learners[u]!,
          answer: row - begin + 1,
          ...(time !== undefined && { time }),
          concept: data.concepts[k]!,
          mastery: known[k]!,
        };
      }
    }
  }
}

/** Ways of writing mastery down: all of it as CSV or JSON lines, or the latest of each concept as statements. */
export type MasteryFormat = 'csv' | 'jsonl' | 'xapi' | 'caliper';

export const masteryFiles: Readonly<Record<MasteryFormat, string>> = {
  csv: 'mastery.csv',
  jsonl: 'mastery.jsonl',
  xapi: 'mastery.xapi.jsonl',
  caliper: 'mastery.caliper.jsonl',
};

const urn = (kind: string, name: string) => `urn:tutelage:${kind}:${encodeURIComponent(name)}`;
const rounded = (x: number) => Number(x.toFixed(4));

/** The lines of a file of mastery. @param now of statements whose answers have no time, as ISO 8601 */
export async function* masteryLines(
  records: AsyncIterable<MasteryRecord>,
  format: MasteryFormat,
  now: string,
): AsyncGenerator<string> {
  if (format === 'csv') yield csvLine(['learner', 'answer', 'time', 'concept', 'mastery', 'mastered']);
  const latest = new Map<string, MasteryRecord>();
  for await (const record of records) {
    const { learner, answer, time, concept } = record;
    const mastery = rounded(record.mastery);
    const mastered = mastery >= masteredFrom;
    if (format === 'csv') yield csvLine([learner, answer, time ?? '', concept, mastery, mastered ? 1 : 0]);
    else if (format === 'jsonl') yield JSON.stringify({ learner, answer, time, concept, mastery, mastered });
    else latest.set(`${learner}\n${concept}`, record);
  }
  for (const record of latest.values()) {
    const { learner, time, concept } = record;
    const at = time === undefined ? now : new Date(time).toISOString();
    const scaled = rounded(record.mastery);
    yield JSON.stringify(
      format === 'xapi' ? xapi(learner, concept, scaled, at) : caliper(learner, concept, scaled, at),
    );
  }
}

function xapi(learner: string, concept: string, scaled: number, timestamp: string) {
  return {
    actor: { objectType: 'Agent', account: { homePage: 'urn:tutelage', name: learner } },
    verb: { id: 'http://adlnet.gov/expapi/verbs/progressed', display: { en: 'progressed' } },
    object: { id: urn('concept', concept), definition: { name: { en: concept } } },
    result: { score: { scaled }, completion: scaled >= masteredFrom },
    timestamp,
  };
}

function caliper(learner: string, concept: string, scoreGiven: number, eventTime: string) {
  const attempt = `${urn('learner', learner)}:${encodeURIComponent(concept)}`;
  return {
    '@context': 'http://purl.imsglobal.org/ctx/caliper/v1p2',
    type: 'GradeEvent',
    action: 'Graded',
    actor: { id: 'urn:tutelage', type: 'SoftwareApplication' },
    object: {
      id: attempt,
      type: 'Attempt',
      assignee: urn('learner', learner),
      assignable: urn('concept', concept),
    },
    generated: { id: `${attempt}:score`, type: 'Score', attempt, maxScore: 1, scoreGiven },
    eventTime,
  };
}

/** A line of CSV; what has a comma, a quote or a line end stands in quotes. */
export function csvLine(cells: readonly (string | number)[]): string {
  return cells
    .map((cell) => {
      const text = String(cell);
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(',');
}
