import { random, type Tensor } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import { initWindowLm, type WindowLm, type WindowLmConfig } from '../models/window-lm.js';
import { type Answered, superviseWindow } from '../students/window-lessons.js';
import { windowSampler } from '../students/window-sampler.js';

/** Two specialised abilities, and a general one. */
export const abilities = ['A', 'B', 'G'] as const;
export type Ability = (typeof abilities)[number];

export interface AbilityWorldOptions {
  readonly symbols: number;
  /** Symbols of an item. */
  readonly length: number;
  /** Items to learn of each specialised ability, of the general one, and to be tested on of each. */
  readonly special: number;
  readonly general: number;
  readonly test: number;
  /** Hidden units of the nets that make the labels of A and B. */
  readonly ruleWidth: number;
  /** G is a table of one symbol instead of two. */
  readonly easy: boolean;
  /** Width of the student's two hidden layers. */
  readonly width: number;
  readonly passes: number;
  readonly learningRate: number;
}

/** Items of a stage: of each ability, the first share of what there is to learn. */
export type Stage = { readonly [A in Ability]?: number };

type Params = WindowLm<Tensor>;

/**
 * A student that must answer items of three abilities by one set of weights. An item names its ability and has some symbols; A and B answer
 * by fixed random nets, which take many items to learn, G by a table, which takes the room that they need.
 */
export interface AbilityWorld {
  readonly start: Params;
  /** One stage of training, with an optimizer of its own. */
  teach(
    from: Params,
    stage: Stage,
    options?: { readonly passes?: number; readonly learningRate?: number },
  ): Promise<Params>;
  /** Shares of right answers to new items. */
  scores(params: Params): Promise<Readonly<Record<Ability, number>>>;
  dispose(): Promise<void>;
}

export function abilityWorld(options: AbilityWorldOptions, seed: number): AbilityWorld {
  const { symbols, length, special, general, test } = options;
  const base = random.foldIn(random.key(seed), 'abilities');
  const key = (purpose: string) => random.foldIn(base, purpose);
  const config: WindowLmConfig = {
    vocabulary: symbols + abilities.length,
    prompt: 1 + length,
    window: 0,
    answer: 1,
    place: false,
    embedding: 8,
    hidden: [options.width, options.width],
  };
  const rules: Record<Ability, (item: readonly number[]) => number> = {
    A: netRule(options, random.stream(key('rule of A'))),
    B: netRule(options, random.stream(key('rule of B'))),
    G: tableRule(options, random.stream(key('rule of G'))),
  };
  const items = (ability: Ability, count: number, purpose: string): Answered => {
    const dice = random.stream(key(`${purpose} ${ability}`));
    const drawn = Array.from({ length: count }, () => Array.from({ length }, () => dice.integer(symbols)));
    return {
      prompts: drawn.map((item) => [symbols + abilities.indexOf(ability), ...item]),
      answers: drawn.map((item) => [rules[ability](item)]),
    };
  };
  const learned: Record<Ability, Answered> = {
    A: items('A', special, 'learned'),
    B: items('B', special, 'learned'),
    G: items('G', general, 'learned'),
  };
  const tests = abilities.map((ability) => items(ability, test, 'test'));
  const sampler = windowSampler(config);
  return {
    start: initWindowLm(key('student'), config),
    teach(from, stage, { passes = options.passes, learningRate = options.learningRate } = {}) {
      const parts = abilities.map((ability) => {
        const { prompts, answers } = learned[ability];
        const count = Math.ceil((stage[ability] ?? 0) * prompts.length);
        return { prompts: prompts.slice(0, count), answers: answers.slice(0, count) };
      });
      const all = {
        prompts: parts.flatMap(({ prompts }) => prompts),
        answers: parts.flatMap(({ answers }) => answers),
      };
      const order = key(`order of ${JSON.stringify(stage)}`);
      return superviseWindow(all, { config, params: from, passes, learningRate, batchSize: 64, key: order });
    },
    async scores(params) {
      const found: [Ability, number][] = [];
      for (const [i, ability] of abilities.entries()) {
        const { prompts, answers } = tests[i]!;
        const given = await sampler.answers(params, prompts);
        found.push([ability, mean(given.map((answer, row) => Number(answer[0] === answers[row]![0])))]);
      }
      return Object.fromEntries(found) as Record<Ability, number>;
    },
    dispose: () => sampler.dispose(),
  };
}

type RuleSizes = Pick<AbilityWorldOptions, 'symbols' | 'length' | 'ruleWidth' | 'easy'>;

/** The likeliest label of a random net of one hidden layer. */
function netRule({ symbols, length, ruleWidth }: RuleSizes, dice: random.Stream) {
  const weights = (rows: number, columns: number) =>
    Array.from({ length: rows }, () => Array.from({ length: columns }, () => dice.normal()));
  const inner = weights(length * symbols, ruleWidth);
  const outer = weights(symbols, ruleWidth);
  return (item: readonly number[]): number => {
    const hidden = Array.from({ length: ruleWidth }, (_, unit) =>
      Math.max(
        0,
        item.reduce((sum, symbol, place) => sum + inner[place * symbols + symbol]![unit]!, 0),
      ),
    );
    const logits = outer.map((row) => row.reduce((sum, w, unit) => sum + w * hidden[unit]!, 0));
    return logits.indexOf(Math.max(...logits));
  };
}

/** A random table of the first two symbols, or of the first. */
function tableRule({ symbols, easy }: RuleSizes, dice: random.Stream) {
  const table = Array.from({ length: symbols * symbols }, () => dice.integer(symbols));
  return ([first = 0, second = 0]: readonly number[]): number =>
    table[first * symbols + (easy ? 0 : second)]!;
}
