import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { type Clock, systemClock } from '../language/endpoint/clock.js';
import { parseAtom } from './arxiv-atom.js';
import { arxivIdIn } from './arxiv-id.js';
import { parseHuggingFace } from './hugging-face.js';
import type { PaperRecord } from './record.js';

/** Public interfaces that tell of papers. All functions throw {@link UserError} when they don't answer, or refuse. */
export interface Feeds {
  /** The daily list of a day (ISO 8601), from huggingface.co. Empty on weekends. */
  daily(day: string): Promise<PaperRecord[]>;
  /** The papers that match best, from huggingface.co, with their votes and links. */
  hub(query: string, limit: number): Promise<PaperRecord[]>;
  /** What huggingface.co knows of a paper now: votes, code, a project's page. */
  onHub(arxiv: string): Promise<PaperRecord[]>;
  /** The latest papers that match, from arxiv.org: words, or arXiv's own syntax such as `cat:cs.LG AND ti:distillation`. */
  search(query: string, limit: number): Promise<PaperRecord[]>;
  /** Papers by arXiv ids or addresses that hold one, from arxiv.org. */
  byId(ids: readonly string[]): Promise<PaperRecord[]>;
}

export interface FeedOptions {
  readonly fetch?: typeof globalThis.fetch;
  readonly clock?: Clock;
}

/** arXiv asks for at most one request in three seconds, and one at a time. */
const arxivInterval = 3000;
/** Characters that huggingface.co takes. */
const longestQuery = 250;
const timeLimit = 30_000;
const maxBytes = 20_000_000;

export function openFeeds({ fetch = globalThis.fetch, clock = systemClock }: FeedOptions = {}): Feeds {
  let arxivTurn: Promise<unknown> = Promise.resolve();
  let arxivLast = Number.NEGATIVE_INFINITY;

  const askArxiv = (parameters: Readonly<Record<string, string>>): Promise<PaperRecord[]> => {
    const turn = arxivTurn.then(async () => {
      const wait = arxivLast + arxivInterval - clock.now();
      if (wait > 0) await clock.sleep(wait);
      arxivLast = clock.now();
      const query = new URLSearchParams(parameters);
      return parseAtom(await textFrom(fetch, `https://export.arxiv.org/api/query?${query}`));
    });
    arxivTurn = turn.catch(() => undefined);
    return turn;
  };

  const askHub = async (path: string, parameters: Readonly<Record<string, string>> = {}) => {
    const query = new URLSearchParams(parameters).toString();
    const address = `https://huggingface.co/api/${path}${query && `?${query}`}`;
    return parseHuggingFace(jsonOf(await textFrom(fetch, address), address));
  };

  return {
    async daily(day) {
      const papers = await askHub('daily_papers', { date: day, limit: '100' });
      return papers.map((paper) => ({ ...paper, listed: day }));
    },
    hub: (query, limit) => askHub('papers/search', { q: query.slice(0, longestQuery), limit: String(limit) }),
    onHub: (arxiv) => askHub(`papers/${encodeURIComponent(arxiv)}`),
    search: (query, limit) =>
      askArxiv({
        search_query: arxivQuery(query),
        max_results: String(limit),
        sortBy: 'submittedDate',
        sortOrder: 'descending',
      }),
    byId(ids) {
      const known = ids.map((text) => {
        const id = arxivIdIn(text);
        if (id === undefined) throw new UserError(`not an arXiv id: ${text}`, { hint: 'such as 2407.13254' });
        return id;
      });
      return askArxiv({ id_list: known.join(','), max_results: String(known.length) });
    },
  };
}

/** Words are looked for in all fields; what has a field's prefix is arXiv's own syntax. */
function arxivQuery(query: string): string {
  if (/\b(ti|au|abs|co|jr|cat|rn|all|submittedDate):/.test(query)) return query;
  return (query.match(/[\p{Letter}\p{Number}-]+/gu) ?? []).map((word) => `all:${word}`).join(' AND ');
}

async function textFrom(fetch: typeof globalThis.fetch, address: string): Promise<string> {
  const { hostname } = new URL(address);
  let response: Response;
  let text: string;
  try {
    response = await fetch(address, {
      headers: { 'user-agent': 'tutelage (papers)' },
      signal: AbortSignal.timeout(timeLimit),
    });
    text = await bounded(response);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const isLate = cause instanceof Error && cause.name === 'TimeoutError';
    throw new UserError(`no answer from ${hostname}${isLate ? ` within ${timeLimit / 1000} seconds` : ''}`, {
      hint: isLate ? 'try again later' : 'is this machine online?',
      cause,
    });
  }
  if (response.status === 429) {
    const seconds = secondsToWait(response.headers);
    throw new UserError(`${hostname} has had too many requests`, { hint: `try again in ${seconds} seconds` });
  }
  if (!response.ok) throw new UserError(`${hostname} answers with status ${response.status}`);
  return text;
}

async function bounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > maxBytes) throw new UserError(`answer too large: ${response.url}`);
    text += decoder.decode(part, { stream: true });
  }
  return text + decoder.decode();
}

const wholeSeconds = z.coerce.number().int().positive();

/** From `Retry-After: 12`, or `RateLimit: "api";r=0;t=12`. */
function secondsToWait(headers: Headers): number {
  const told = headers.get('retry-after') ?? /\bt=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1];
  return wholeSeconds.safeParse(told).data ?? 60;
}

function jsonOf(text: string, address: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`not JSON: the answer of ${address}`, { cause });
  }
}
