import { type Concrete, optim, random, type Value } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import type { CausalModel } from '../language/causal-model.js';
import { type Lesson, type LessonBatch, lessonBatch } from '../language/lessons.js';
import { trainWordLevel } from '../language/tokenizer/train.js';
import { initLlama, type LlamaConfig } from '../models/llama.js';
import { supervised } from '../objectives/tokens.js';
import type { Metrics } from '../runs/metrics.js';
import {
  type AnswerCheck,
  checkAnswers,
  type Judged,
  type JudgedAnswer,
  rewarded,
} from '../students/answer-check.js';
import { causalTrainer } from '../students/causal-trainer.js';
import { type PolicyOptions, policyLearner } from '../students/grpo.js';
import { type SolutionGuidanceOptions, solutionGuidance, usedBySource } from '../students/guidance.js';
import {
  type ChainStyle,
  chainQuestion,
  chainSolution,
  chainStyles,
  chainWords,
} from '../tasks/verifiable/chain-styles.js';
import { type ChainOptions, drawChain } from '../tasks/verifiable/chains.js';

/** A small language model that can do short chains of operations and is to learn long ones, and solutions of teachers in several styles. */
export interface GuidedWorldOptions {
  readonly chain: Required<ChainOptions>;
  readonly net: Pick<LlamaConfig, 'width' | 'layers' | 'heads' | 'intermediate'>;
  /** The model learns chains up to `short` with a share of the batch, and longer ones with the rest, until it does `enough` of the longest. */
  readonly pretraining: {
    readonly short: number;
    readonly shortShare: number;
    readonly batchSize: number;
    readonly learningRate: number;
    readonly checkEvery: number;
    readonly enough: number;
    readonly mostSteps: number;
  };
  /** Chains to learn from, each with a solution in every style. */
  readonly questions: number;
  /** Unseen ones, for the early stop and for the measure. */
  readonly validation: number;
  readonly test: number;
  /** Answers drawn to each when success in several tries is measured. */
  readonly samples: number;
  readonly policy: Pick<
    PolicyOptions,
    'questionsAStep' | 'groupSize' | 'clip' | 'dualClip' | 'entropy' | 'learningRate' | 'weightDecay'
  > & { readonly steps: number };
}

export type Help = Pick<SolutionGuidanceOptions, 'injection' | 'selection' | 'guides' | 'shaping'> & {
  /** Whose solutions there are; all where there are none. */
  readonly styles?: readonly ChainStyle[];
};

export interface Learned {
  readonly model: CausalModel;
  /** By how much the share of questions on which all answers fail fell from the first tenth of the steps to the last. */
  readonly fall: number;
  /** Solutions used, by style. */
  readonly used: Readonly<Record<string, number>>;
}

export interface GuidedMeasure extends Pick<AnswerCheck, 'greedy' | 'sampled' | 'formed'> {
  /** Share of chains that one of 8 drawn answers gets right. */
  readonly passAt8: number;
  /** Distinct styles among the right answers to a chain. */
  readonly styles: number;
}

export interface GuidedWorld {
  readonly base: CausalModel;
  /** Policy training on rewards, with solutions to help. */
  reinforce(model: CausalModel, help: Help): Promise<Learned>;
  /** Supervised learning of all solutions, with as many updates of as many answers. */
  imitate(model: CausalModel, learningRate: number): Promise<CausalModel>;
  measure(model: CausalModel): Promise<GuidedMeasure>;
}

const formatWeight = 0.1;
/** Tokens that a row has room for. */
const unit = 32;

interface Drawn extends Judged {
  readonly solutions: Readonly<Record<ChainStyle, readonly number[]>>;
  readonly truth: number;
}

export async function guidedWorld(options: GuidedWorldOptions, seed: number): Promise<GuidedWorld> {
  const { chain, policy, net } = options;
  const key = random.foldIn(random.key(seed), 'guided world');
  const words = chainWords(chain.modulus);
  const tokenizer = trainWordLevel([words.join(' ')], { vocabulary: words.length + 5 });
  const end = tokenizer.special.end ?? 0;
  const so = tokenizer.id('so')!;
  const config = {
    vocabulary: tokenizer.vocabularySize,
    ...net,
    keyValueHeads: net.heads,
    rmsNormEpsilon: 1e-5,
    ropeTheta: 1e4,
    positions: 2 * unit,
  };

  const drawn = (length: number, dice: random.Stream): Drawn => {
    const own = drawChain({ ...chain, length }, dice);
    const solution = (style: ChainStyle) => {
      const { reasoning, answer } = chainSolution(own, style);
      return [...tokenizer.encodePlain(`${reasoning} ${answer}`), end];
    };
    const truth = tokenizer.id(String(own.states.at(-1)))!;
    return {
      prompt: tokenizer.encodePlain(chainQuestion(own)),
      solutions: Object.fromEntries(chainStyles.map((style) => [style, solution(style)])) as Record<
        ChainStyle,
        number[]
      >,
      truth,
      judge(answer) {
        // `so` once, before a last token.
        const formed = answer.length >= 2 && answer.indexOf(so) === answer.length - 2;
        return { formed, right: formed && answer.at(-1) === truth };
      },
    };
  };
  const chains = (name: string, count: number): Drawn[] => {
    const dice = random.stream(random.foldIn(key, name));
    return Array.from({ length: count }, () => drawn(chain.length, dice));
  };
  const longest = Math.max(...Object.values(chains('sizes', 1)[0]!.solutions).map(({ length }) => length));

  const check = (model: CausalModel, asked: readonly Drawn[], samples: number) =>
    checkAnswers(model, asked, { samples, maxTokens: longest, together: 256, seed, threads: 1 });

  const supervisedTrainer = (model: CausalModel, learningRate: number) =>
    causalTrainer<LessonBatch<Value>>({
      model,
      objective: supervised,
      learningRate,
      schedule: optim.constant(),
      clipNorm: 1,
      seed,
      threads: 1,
    });
  const learn = (trainer: ReturnType<typeof supervisedTrainer>, lessons: readonly Lesson[]) =>
    trainer.learn(
      lessonBatch(
        lessons.map((lesson) => [lesson]),
        { length: unit, padding: end },
      ) as Concrete<LessonBatch<Value>>,
    );

  const pretrained = async (): Promise<CausalModel> => {
    const { short, shortShare, batchSize, learningRate, checkEvery, enough, mostSteps } = options.pretraining;
    const start = { config, tokenizer, params: initLlama(random.foldIn(key, 'net'), config) };
    const trainer = supervisedTrainer(start, learningRate);
    const dice = random.stream(random.foldIn(key, 'pretraining'));
    const validation = chains('validation', options.validation);
    for (let step = 1; step <= mostSteps; step++) {
      const lessons = Array.from({ length: batchSize }, () => {
        const isShort = dice.uniform() < shortShare;
        const length = isShort ? 1 + dice.integer(short) : short + 1 + dice.integer(chain.length - short);
        const { prompt, solutions } = drawn(length, dice);
        return { prompt, answer: solutions.full };
      });
      await learn(trainer, lessons);
      if (step % checkEvery > 0) continue;
      const { greedy } = await check({ ...start, params: await trainer.params() }, validation, 0);
      if (greedy >= enough) break;
    }
    const params = await trainer.params();
    await trainer.dispose();
    return { ...start, params };
  };

  const questions = chains('questions', options.questions);
  const tests = chains('test', options.test);
  return {
    base: await pretrained(),
    async reinforce(model, help) {
      const guidance = solutionGuidance({
        ...help,
        config,
        questions: questions.map(({ prompt, solutions, truth }) => ({
          prompt,
          solutions: (help.styles ?? chainStyles).map((source) => ({
            source,
            answer: solutions[source],
            reasoning: solutions[source].slice(0, -2),
            truth: [truth],
          })),
        })),
        success: formatWeight + 0.5,
        mostRepeats: Number.POSITIVE_INFINITY,
        seed,
        threads: 1,
      });
      const learner = policyLearner({
        ...policy,
        model,
        questions: questions.map((question) => rewarded(question, formatWeight)),
        maxTokens: longest,
        temperature: 1,
        aggregation: longest,
        scaled: false,
        guidance,
        seed,
        threads: 1,
      });
      const steps: Metrics[] = [];
      for (let step = 0; step < policy.steps; step++) steps.push(await learner.step(step));
      const params = await learner.trainer.params();
      await learner.release();
      await guidance.dispose();
      const tenth = Math.ceil(steps.length / 10);
      const failed = (part: readonly Metrics[]) => mean(part.map((metrics) => Number(metrics['all failed'])));
      return {
        model: { ...model, params },
        fall: failed(steps.slice(0, tenth)) - failed(steps.slice(-tenth)),
        used: usedBySource(steps),
      };
    },
    async imitate(model, learningRate) {
      const trainer = supervisedTrainer(model, learningRate);
      const lessons = questions.flatMap(({ prompt, solutions }) =>
        chainStyles.map((style) => ({ prompt, answer: solutions[style] })),
      );
      const dice = random.stream(random.foldIn(key, 'imitation'));
      const size = policy.questionsAStep * policy.groupSize;
      for (let step = 0; step < policy.steps; step++) {
        await learn(
          trainer,
          Array.from({ length: size }, () => dice.pick(lessons)),
        );
      }
      const params = await trainer.params();
      await trainer.dispose();
      return { ...model, params };
    },
    async measure(model) {
      const { greedy, sampled, formed, drawn: groups } = await check(model, tests, options.samples);
      const stylesOf = (group: readonly JudgedAnswer[], { solutions }: Drawn) =>
        chainStyles.filter((style) =>
          group.some(({ right, tokens }) => right && [...tokens, end].join() === solutions[style].join()),
        ).length;
      return {
        greedy,
        passAt8: mean(groups.map((group) => Number(group.slice(0, 8).some(({ right }) => right)))),
        sampled,
        styles: mean(groups.map((group, i) => stylesOf(group, tests[i]!))),
        formed,
      };
    },
  };
}
