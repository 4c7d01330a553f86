import { random, type Tensor } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import { type TutorAgreement, tutorAgreement } from '../assessment/tutor-turns.js';
import { initWindowLm, type WindowLm, type WindowLmConfig } from '../models/window-lm.js';
import type { PreferenceKind } from '../objectives/preference.js';
import { superviseWindow, type WindowJudge, windowJudge } from '../students/window-lessons.js';
import { type AnswerPair, preferWindow } from '../students/window-preferences.js';
import { windowSampler } from '../students/window-sampler.js';
import { tutorbotCodes } from '../tasks/tutor-codes.js';
import { type CodedTurn, codesOfTurn, tutorSizes, tutorTurns } from '../tasks/verifiable/tutor-turns.js';

/** Sizes of a world of a tutor that tells too much, and an expert to learn from. */
export interface TutorWorldOptions {
  readonly embedding: number;
  readonly hidden: readonly number[];
  /** Turns in which every help is a telling, from which the tutor begins. */
  readonly base: Training & { readonly turns: number };
  /** The expert's turns of the first step. */
  readonly supervised: Training & { readonly turns: number };
  /** The expert's turns that pairs are made of. */
  readonly pool: number;
  /** Of the tutor's own turns in pairs. */
  readonly temperature: number;
}

interface Training {
  readonly passes: number;
  readonly learningRate: number;
  readonly batchSize: number;
}

type Params = WindowLm<Tensor>;

/** What a tutor is after some more turns. */
export type TutorLesson =
  | { readonly kind: 'supervised'; readonly on: 'chosen' | 'pool' }
  | { readonly kind: PreferenceKind; readonly beta: number };

export interface TutorReport extends TutorAgreement {
  /** Mean over turns where the expert helps on of log(its turn / telling), nats a token; undefined if there is none. */
  readonly margin: number | undefined;
}

export interface TutorWorld {
  /** The tutor after supervised training. */
  readonly start: Params;
  /** Turns of the pool on which the tutor and the expert differ, its own as the worse answer. */
  readonly pairs: readonly AnswerPair[];
  /** The turns on which they agree. */
  readonly agreed: readonly CodedTurn[];
  turns(name: string, count: number): CodedTurn[];
  /** The tutor after some passes over the pairs, or over as many updates of the pool. */
  teach(
    lesson: TutorLesson,
    rates: { readonly passes: number; readonly learningRate: number },
  ): Promise<Params>;
  assess(params: Params, turns: readonly CodedTurn[]): Promise<TutorReport>;
  dispose(): Promise<void>;
}

/** Pairs, or turns, of an update. */
const batchSize = 16;

export async function tutorWorld(options: TutorWorldOptions, seed: number): Promise<TutorWorld> {
  const { embedding, hidden, base, supervised, pool, temperature } = options;
  const world = random.foldIn(random.key(seed), 'tutor world');
  const key = (purpose: string) => random.foldIn(world, purpose);
  const turns = (name: string, count: number) => tutorTurns(count, key(`turns ${name}`));
  const config: WindowLmConfig = { ...tutorSizes, window: 2, place: true, embedding, hidden };
  const [sampler, judge] = [windowSampler(config), windowJudge(config)];
  const learned = (
    params: Params,
    own: readonly CodedTurn[],
    side: 'expert' | 'tells',
    how: Training,
    name: string,
  ) =>
    superviseWindow(
      { prompts: own.map(({ prompt }) => prompt), answers: own.map((turn) => turn[side]) },
      { ...how, batchSize: how.batchSize * config.answer, config, params, key: key(`order ${name}`) },
    );

  const first = await learned(
    initWindowLm(key('tutor'), config),
    turns('base', base.turns),
    'tells',
    base,
    'base',
  );
  const start = await learned(
    first,
    turns('supervised', supervised.turns),
    'expert',
    supervised,
    'supervised',
  );
  const offered = turns('pool', pool);
  const own = await sampler.answers(
    start,
    offered.map(({ prompt }) => prompt),
    key('own'),
    temperature,
  );
  const differs = offered.map(({ expert }, i) => expert.some((code, t) => code !== own[i]![t]));
  const disputed = offered.filter((_, i) => differs[i]);
  const rejected = own.filter((_, i) => differs[i]);
  const pairs = disputed.map(({ prompt, expert }, i) => ({ prompt, chosen: expert, rejected: rejected[i]! }));

  return {
    start,
    pairs,
    agreed: offered.filter((_, i) => !differs[i]),
    turns,
    async teach(lesson, { passes, learningRate }) {
      const dice = random.stream(key(`pairs`));
      if (lesson.kind !== 'supervised') {
        const ordered = Array.from({ length: passes }, () => dice.shuffle(pairs)).flat();
        const held = { config, params: start, reference: start, judge };
        return preferWindow({ ...held, ...lesson, pairs: ordered, batchSize, learningRate });
      }
      const how = { passes, learningRate, batchSize };
      return learned(start, lesson.on === 'pool' ? offered : disputed, 'expert', how, lesson.on);
    },
    async assess(params, tests) {
      const answers = await sampler.answers(
        params,
        tests.map(({ prompt }) => prompt),
      );
      const expert = tests.map((turn) => codesOfTurn(turn.expert)!);
      const agreement = tutorAgreement(expert, answers.map(codesOfTurn), tutorbotCodes);
      return { ...agreement, margin: await margin(judge, params, tests) };
    },
    async dispose() {
      await sampler.dispose();
      await judge.dispose();
    },
  };
}

/** The perplexity test of the paper in logarithms: mean over turns that help on of log(turn / the telling instead), nats a token. */
async function margin(
  judge: WindowJudge,
  params: Params,
  tests: readonly CodedTurn[],
): Promise<number | undefined> {
  const own = tests.filter(({ expert, tells }) => expert[1] !== tells[1]);
  if (own.length === 0) return undefined;
  const prompts = own.map(({ prompt }) => prompt);
  const helps = await judge.answerLogs(params, { prompts, answers: own.map(({ expert }) => expert) });
  const told = await judge.answerLogs(params, { prompts, answers: own.map(({ tells }) => tells) });
  return mean(helps.map((log, i) => (log - told[i]!) / tutorSizes.answer));
}
