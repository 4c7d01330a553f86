import { z } from 'zod';
import type { MethodContext } from '../core/method.js';
import { type CappedResponder, cappedResponder } from '../language/capped-responder.js';
import type { ChatMessage } from '../language/chat/format.js';
import type { Responder } from '../language/responder.js';
import {
  type Candidate,
  oneOfEachGroup,
  type Ranking,
  type ReachOptions,
  rankedBy,
  reach,
} from '../search/literature.js';
import {
  brainstormMessages,
  detailMessages,
  entitiesFrom,
  entityMessages,
  expandMessages,
  type IdeaMode,
  ideaCriteria,
  ideaMessages,
  ideasIn,
  inspirationMessages,
  isNone,
  mergeMessages,
  methodMessages,
  partsOfAbstract,
  ratingMessages,
  type WrittenIdea,
} from '../teachers/idea-prompts.js';
import type { OpenLiterature } from './own-literature.js';

export interface IdeaOptions extends ReachOptions {
  readonly ranking: Ranking;
  readonly threshold: number;
  /** Papers to draw inspirations from. */
  readonly papers: number;
  readonly mode: IdeaMode;
  readonly ideas: number;
  readonly maxTokens: number;
  readonly maxCalls?: number | undefined;
}

export interface Inspiration {
  readonly paper: string;
  readonly text: string;
}

/** An idea with what it comes from. */
export interface ProposedIdea {
  readonly text: string;
  /** Ids of the papers whose inspirations it uses. */
  readonly papers: readonly string[];
  /** Items of the brainstorm that it uses. */
  readonly brainstorm: readonly string[];
  readonly details?: string;
  readonly rating?: Readonly<Record<string, number>>;
}

/** All that was found and thought of. */
export interface FoundLiterature {
  readonly list: readonly (Candidate & { readonly score: number })[];
  /** How many were found in all. */
  readonly reached: number;
  readonly entities: readonly string[];
  readonly explained?: string;
  readonly brainstorm: readonly string[];
  readonly inspirations: readonly Inspiration[];
  readonly ideas: readonly ProposedIdea[];
  readonly calls: number;
  /** US dollars; null where the price is not known. */
  readonly dollars: number | null;
  /** What is missing from the result, and why. */
  readonly problems: readonly string[];
}

const [backgroundEntities, brainstormEntities] = [5, 10];

interface Asking {
  readonly model: CappedResponder;
  readonly maxTokens: number;
  readonly signal: AbortSignal;
  readonly problems: Set<string>;
}

/**
 * Finds papers to a background and, where there is a model, goes through SciPIP's calls (a) to (j). What fails is told among the problems;
 * all that came before it is kept.
 */
export async function proposeIdeas(
  literature: OpenLiterature,
  models: { readonly model: Responder | undefined; readonly judge: Responder | undefined },
  options: IdeaOptions,
  { signal, say }: Pick<MethodContext, 'signal' | 'say'>,
): Promise<FoundLiterature> {
  const { background, query, papers } = literature;
  if (!models.model) {
    const problem = 'no ideas: no model is named (--set model=local:FILE or model=llm:MODEL@URL)';
    return { ...search(literature, query.entities, options), ...nothing, problems: [problem] };
  }
  const model = cappedResponder(models.model, options.maxCalls ?? Number.POSITIVE_INFINITY);
  const problems = new Set<string>();
  const asking: Asking = { model, maxTokens: options.maxTokens, signal, problems };

  // The background: its subjects, and what it says to a student; then ideas without any paper.
  say('background');
  const [terms, explained] = await answers(asking, [
    entityMessages(background, backgroundEntities),
    expandMessages(background),
  ]);
  const whole = explained ?? background;
  const brainstorm =
    options.mode === 'A' ? [] : (await ideasFrom(asking, brainstormMessages(whole))).map(({ text }) => text);
  const further =
    options.mode === 'C' && brainstorm.length > 0
      ? await answers(asking, [entityMessages(brainstorm.join('\n'), brainstormEntities)])
      : [];

  // Papers: what each does, and what that suggests.
  const entities = [
    ...new Set([
      ...query.entities,
      ...entitiesFrom(terms ?? '', backgroundEntities),
      ...entitiesFrom(further[0] ?? '', brainstormEntities),
      ...literature.entitiesOf(brainstorm.join('\n')),
    ]),
  ];
  const found = search(literature, entities, options);
  say(`${found.reached} papers found, inspirations from ${found.list.length}`);
  const read = found.list.map(({ row }) => papers[row]!);
  const methods = await answers(
    asking,
    read.map((paper) =>
      methodMessages(paper.title, paper.method ?? partsOfAbstract(paper.abstract || paper.title).method),
    ),
  );
  const thoughts = await answers(
    asking,
    read.map((paper, i) => inspirationMessages(whole, paper.title, methods[i] ?? paper.abstract)),
  );
  const inspirations = read.flatMap((paper, i) => {
    const text = thoughts[i];
    return text === undefined || isNone(text) ? [] : [{ paper: paper.id, text }];
  });
  if (inspirations.length === 0) problems.add('no paper inspired anything');

  // Both ways brought together, and each idea worked out.
  say(`ideas from ${inspirations.length} inspirations`);
  const texts = inspirations.map(({ text }) => text);
  const first = texts.length === 0 ? [] : await ideasFrom(asking, ideaMessages(whole, texts));
  const ownTexts = first.map(({ text }) => text);
  const merged =
    first.length === 0 && brainstorm.length === 0
      ? []
      : await ideasFrom(asking, mergeMessages(whole, ownTexts, brainstorm, options.ideas));
  const proposed = merged.slice(0, options.ideas);
  const details = await answers(
    asking,
    proposed.map(({ text }) => detailMessages(whole, text)),
  );
  const ratings = await rated(models.judge, whole, proposed, asking);
  const { made, refused } = model.calls();
  if (refused > 0) problems.add(`${refused} calls were over the cap of ${options.maxCalls}`);
  if (signal.aborted) problems.add('stopped: the same command goes on from there');
  return {
    ...found,
    ...(explained !== undefined && { explained }),
    brainstorm,
    inspirations,
    ideas: proposed.map((idea, i) => ({
      text: idea.text,
      papers: papersOf(idea, first, inspirations),
      brainstorm: idea.brainstorm.flatMap((n) => brainstorm[n - 1] ?? []),
      ...(details[i] !== undefined && { details: details[i] }),
      ...(ratings[i] && { rating: ratings[i] }),
    })),
    calls: made,
    dollars: model.spent() ?? null,
    problems: [...problems],
  };
}

const nothing = { brainstorm: [], inspirations: [], ideas: [], calls: 0, dollars: 0 } as const;

function search({ index, query }: OpenLiterature, entities: readonly string[], options: IdeaOptions) {
  const background = { ...query, entities };
  const candidates = reach(index, background, options);
  const ordered = rankedBy(index, background, candidates, options.ranking);
  return {
    list: oneOfEachGroup(index, ordered, options.threshold, options.papers),
    reached: candidates.length,
    entities,
  };
}

/** Answers in the order of the conversations, undefined where there is none. */
async function answers(
  { model, maxTokens, signal, problems }: Asking,
  conversations: readonly (readonly ChatMessage[])[],
  trial?: number,
): Promise<(string | undefined)[]> {
  if (signal.aborted) return conversations.map(() => undefined);
  const sample = trial === undefined ? {} : { sample: { temperature: 0.8, trial } };
  try {
    const replies = await model.respond(conversations, { maxTokens, signal, ...sample });
    return replies.map((reply) => {
      if (reply.kind === 'text' && reply.text.trim() !== '') return reply.text.trim();
      problems.add(reply.kind === 'text' ? 'an answer was empty' : `no answer: ${reply.reason}`);
      return undefined;
    });
  } catch (error) {
    // What was answered is kept, and the same command goes on from there.
    if (!signal.aborted) throw error;
    return conversations.map(() => undefined);
  }
}

/** The ideas of an answer; one without the mark of an idea is asked for once more, differently. */
async function ideasFrom(asking: Asking, messages: readonly ChatMessage[]): Promise<WrittenIdea[]> {
  for (const trial of [undefined, 1]) {
    const [answer] = await answers(asking, [messages], trial);
    const ideas = ideasIn(answer ?? '');
    if (ideas.length > 0) return ideas;
  }
  if (!asking.signal.aborted) asking.problems.add('an answer had no mark of an idea, twice');
  return [];
}

/** The papers behind a merged idea, by way of the ideas that it was made of. */
function papersOf(
  idea: WrittenIdea,
  first: readonly WrittenIdea[],
  inspirations: readonly Inspiration[],
): string[] {
  const numbers = idea.papers.flatMap((n) => first[n - 1]?.papers ?? []);
  return [...new Set(numbers.flatMap((n) => inspirations[n - 1]?.paper ?? []))];
}

const mark = z.number().min(0).max(10);
const ratingSchema = z.object({ clarity: mark, novelty: mark, feasibility: mark, generality: mark });

async function rated(
  judge: Responder | undefined,
  background: string,
  ideas: readonly WrittenIdea[],
  asking: Asking,
): Promise<(Readonly<Record<string, number>> | undefined)[]> {
  if (!judge || ideas.length === 0) return [];
  const replies = await answers(
    { ...asking, model: cappedResponder(judge, Number.POSITIVE_INFINITY) },
    ideas.map(({ text }) => ratingMessages(background, text)),
  );
  return replies.map((reply) => {
    const read = ratingSchema.safeParse(jsonIn(reply ?? ''));
    if (!read.success)
      asking.problems.add(`a rating could not be read: ${ideaCriteria.join(', ')} are needed`);
    return read.data;
  });
}

function jsonIn(answer: string): unknown {
  try {
    return JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1));
  } catch {
    return undefined;
  }
}
