import { random } from '@tutelage/engine';
import type { MethodContext } from '../core/method.js';
import type { Responder } from '../language/responder.js';
import {
  cleanedPart,
  extract,
  furtherMessages,
  isRefusal,
  openingMessages,
  sentencesOf,
  summaryMessages,
} from '../teachers/baton-prompts.js';

export const orderPolicies = ['random', 'fixed', 'all'] as const;

export interface BatonOptions {
  /** Of a part. */
  readonly words: number;
  /** As given, a random one for each prompt, or all orders of each. */
  readonly order: (typeof orderPolicies)[number];
  /** Most times that a part is asked for. */
  readonly attempts: number;
}

/** A part of a story, and where it comes from. */
export interface StoryPart {
  readonly author: string;
  readonly text: string;
  readonly words: number;
  /** How often it was asked for again. */
  readonly retries: number;
  /** What its author was told of the story before. */
  readonly summary: string;
}

export interface Story {
  readonly prompt: string;
  readonly order: readonly string[];
  readonly parts: readonly StoryPart[];
  readonly text: string;
}

export type Summariser = Responder | 'extractive' | 'none';

/** What became of all stories. */
export interface Stories {
  readonly stories: readonly Story[];
  /** Why stories were dropped, with how many were. */
  readonly dropped: ReadonlyMap<string, number>;
  readonly calls: number;
}

/** A part with fewer words drops its story; one with less than this share of the words is asked for again. */
const leastWords = 50;
const enough = 160 / 180;

/** Of English prose, with room for a sentence to end. */
const tokensOfWord = 260 / 180;

/**
 * Passes the baton (CollabStory, part A): each author writes a part behind the last sentence of the one before, of which it knows a
 * summary. Answers are remembered by the authors, so that the same call asks nothing twice.
 *
 * @param summariser a model, the first sentences of parts, or none
 */
export async function passBaton(
  prompts: readonly string[],
  authors: readonly Responder[],
  summariser: Summariser,
  options: BatonOptions,
  { seed, signal, say }: Pick<MethodContext, 'seed' | 'signal' | 'say'>,
): Promise<Stories> {
  const draw = random.stream(random.foldIn(random.key(seed), 'orders'));
  const stories: Story[] = [];
  const dropped = new Map<string, number>();
  const tally = { calls: 0 };
  const ordersOf = () => {
    if (options.order === 'all') return permutations(authors);
    return [options.order === 'random' ? draw.shuffle(authors) : authors];
  };
  for (const [i, prompt] of prompts.entries()) {
    for (const order of ordersOf()) {
      if (signal.aborted) break;
      const made = await write(prompt, order, summariser, options, signal, tally);
      if (typeof made === 'string') dropped.set(made, (dropped.get(made) ?? 0) + 1);
      else stories.push(made);
    }
    say(`${i + 1} of ${prompts.length} prompts: ${stories.length} stories`);
  }
  return { stories, dropped, calls: tally.calls };
}

/** A story, or why there is none. */
async function write(
  prompt: string,
  order: readonly Responder[],
  summariser: Summariser,
  { words, attempts }: BatonOptions,
  signal: AbortSignal,
  tally: { calls: number },
): Promise<Story | string> {
  const parts: StoryPart[] = [];
  for (const [at, author] of order.entries()) {
    const written = parts.map(({ text }) => text);
    const lastSentence = sentencesOf(written.at(-1) ?? '').at(-1) ?? '';
    const summary = at === 0 ? '' : await summaryOf(written, summariser, signal, tally);
    const messages =
      at === 0
        ? openingMessages(prompt, words)
        : furtherMessages({ prompt, summary, lastSentence }, words, at === order.length - 1);
    let best = '';
    let retries = -1;
    while (retries + 1 < attempts && wordsIn(best) < enough * words) {
      if (signal.aborted) return 'stopped';
      retries++;
      const sample = { temperature: 1, trial: retries };
      const maxTokens = Math.ceil(words * tokensOfWord);
      const [reply] = await author.respond([messages], { maxTokens, sample, signal });
      tally.calls++;
      if (reply!.kind === 'missing') continue;
      const text = cleanedPart(reply!.text, [prompt, lastSentence, summary]);
      if (wordsIn(text) > wordsIn(best)) best = text;
    }
    if (wordsIn(best) < leastWords) return `${author.name} wrote less than ${leastWords} words`;
    if (isRefusal(best)) return `${author.name} declined`;
    parts.push({ author: author.name, text: best, words: wordsIn(best), retries, summary });
  }
  return {
    prompt,
    order: order.map(({ name }) => name),
    parts,
    text: parts.map(({ text }) => text).join(' '),
  };
}

async function summaryOf(
  parts: readonly string[],
  summariser: Summariser,
  signal: AbortSignal,
  tally: { calls: number },
): Promise<string> {
  if (summariser === 'none') return '';
  if (summariser === 'extractive') return extract(parts);
  const [reply] = await summariser.respond([summaryMessages(parts.join(' '))], { maxTokens: 100, signal });
  tally.calls++;
  return reply!.kind === 'text' ? reply!.text.trim() : extract(parts);
}

const wordsIn = (text: string) => text.split(/\s+/).filter((word) => word !== '').length;

function permutations<T>(list: readonly T[]): T[][] {
  if (list.length === 0) return [[]];
  return list.flatMap((one, i) => permutations(list.toSpliced(i, 1)).map((rest) => [one, ...rest]));
}
