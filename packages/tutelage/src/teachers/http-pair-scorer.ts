import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { systemClock } from '../language/endpoint/clock.js';
import { defaultRetryPolicy, retryAfter, retryDelay } from '../language/endpoint/retry.js';
import type { PairTexts } from './onnx-pair-scorer.js';
import type { PairScorer, TextPair } from './pair-scorer.js';

const answerSchema = z.union([
  z.object({ scores: z.array(z.number()) }),
  z.object({ results: z.array(z.object({ index: z.int(), relevance_score: z.number() })) }),
]);

const attempts = 5;

/**
 * A re-ranker behind an address: `{ query, documents }` is posted, and `{ scores }` in the order of the documents comes back, or
 * `{ results: [{ index, relevance_score }] }`, as Cohere's and Jina's do. A server that is busy is asked again.
 *
 * @throws {UserError} from `score` when the server can't be reached, refuses, or answers something else
 */
export function httpPairScorer(url: string, { queries, passages }: PairTexts): PairScorer {
  return {
    fingerprint: url,
    async score(pairs, signal) {
      const scores = new Float64Array(pairs.length);
      const byQuery = new Map<number, number[]>();
      pairs.forEach(([query], place) => {
        byQuery.set(query, [...(byQuery.get(query) ?? []), place]);
      });
      for (const [query, places] of byQuery) {
        const documents = places.map((place) => passages[(pairs[place] as TextPair)[1]]!);
        const found = await asked(url, { query: queries[query]!, documents }, signal);
        places.forEach((place, i) => {
          scores[place] = found[i] ?? Number.NaN;
        });
      }
      return scores;
    },
  };
}

interface Question {
  readonly query: string;
  readonly documents: readonly string[];
}

async function asked(url: string, question: Question, signal: AbortSignal): Promise<readonly number[]> {
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(question),
      signal,
    }).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw new UserError(`the re-ranker can't be reached: ${url}`, { hint: 'check the address', cause });
    });
    const isBusy = response.status === 429 || response.status === 503;
    if (isBusy && attempt < attempts) {
      const wanted = retryAfter(Object.fromEntries(response.headers), systemClock.now());
      await systemClock.sleep(retryDelay(defaultRetryPolicy, url, attempt, wanted), signal);
      continue;
    }
    const body = await response.text();
    if (!response.ok) throw refused(url, `HTTP ${response.status}`, body);
    return scoresIn(url, body, question.documents.length);
  }
}

function scoresIn(url: string, body: string, count: number): readonly number[] {
  const answer = answerSchema.safeParse(parsed(body));
  if (!answer.success) throw refused(url, 'not an answer of scores', body);
  const { data } = answer;
  const scores = new Array<number>(count).fill(Number.NaN);
  if ('scores' in data) {
    if (data.scores.length !== count) {
      throw refused(url, `${data.scores.length} scores for ${count} documents`, body);
    }
    return data.scores;
  }
  for (const { index, relevance_score } of data.results) scores[index] = relevance_score;
  if (data.results.length !== count || scores.length !== count) {
    throw refused(url, `${data.results.length} scores for ${count} documents`, body);
  }
  return scores;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function refused(url: string, problem: string, body: string): UserError {
  return new UserError(`the re-ranker gave no scores: ${problem}: ${url}`, {
    detail: body.slice(0, 300),
    hint: 'it should take { query, documents } and give { scores }',
  });
}
