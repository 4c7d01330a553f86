import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { z } from 'zod';
import { defineClaim } from '../../claims/define-claim.js';
import { defineMethodFile, type Taught } from '../../claims/method-file.js';
import { defineMethod, type MethodContext } from '../../core/method.js';
import { replayed, replayShares, shareName } from '../../curricula/replay.js';
import { abilityArms, abilityPlans, wide } from '../../experiments/ability-arms.js';
import type { AbilityWorldOptions } from '../../experiments/ability-world.js';
import { type CausalModel, openCausalModel, saveCausalModel } from '../../language/causal-model.js';
import type { Lesson } from '../../language/lessons.js';
import { abilityScores, adviceOn, firstStage, scoreLine } from '../../own-data/ability-report.js';
import {
  type AbilityLessons,
  abilityLessons,
  type OwnAbilities,
  readOwnAbilities,
} from '../../own-data/own-abilities.js';
import { runOwnTrials } from '../../own-data/own-trials.js';
import { superviseCausal } from '../../students/causal-supervised.js';
import { lessonLogs } from '../../students/lesson-logs.js';

/*
 * DMT: Dong et al., "How Abilities in Large Language Models are Affected by Supervised Fine-tuning Data Composition", ACL 2024. One model
 * is to learn specialised abilities and a general one. Learned together they get into each other's way; learned one after the other the
 * first are forgotten. Dual-stage mixed fine-tuning learns the specialised sets first, and then the general one with a small share k of
 * the specialised items again.
 */

const params = z.object({
  replay: z
    .string()
    .default('1/256, 1/64, 1/16')
    .describe('shares of the specialised sets that are learned again in the second stage: each is tried'),
  sampler: z
    .enum(['uniform', 'balanced', 'hardest'])
    .default('uniform')
    .describe(
      'which items: any, as many of each answer, or those with the greatest loss after the first stage',
    ),
  compare: z
    .enum(['replay', 'all'])
    .default('all')
    .describe('replay alone, or also all sets together, and one after the other'),
  epochs: z.int().min(1).default(3).describe('passes through the items of a stage'),
  learningRate: z.number().positive().default(2e-5).describe('of both stages, at its height'),
  loraRank: z
    .int()
    .min(0)
    .default(0)
    .describe('rank of low-rank changes; 0 trains all weights, as the paper does'),
  rows: z.int().min(1).default(16).describe('rows of packed items in a batch'),
  maxTokens: z.int().min(8).default(512).describe('longest item; longer ones are left out'),
  heldOut: z
    .number()
    .gt(0)
    .lt(0.9)
    .default(0.1)
    .describe('share of sets without a test file that is only tested on'),
  tolerance: z.number().min(0).default(0.02).describe('what an ability may lose, of 1 or in nats'),
});
type Settings = z.output<typeof params>;

const method = defineMethod({
  id: 'dual-stage-mixed-finetuning',
  room: 'curricula',
  paper: {
    card: 27,
    title: 'How Abilities in Large Language Models are Affected by Supervised Fine-tuning Data Composition',
    year: 2023,
    arxiv: '2310.05492',
  },
  teaches:
    'a causal language model several abilities, with a little of the first ones learned again beside the last',
  params,
  run: teachOwn,
});

/* The user's own sets. */

/** Items of a stage, by the numbers of the sets: all of one, or some. */
type OwnStage = ReadonlyMap<number, readonly Lesson[]>;

interface Strategy {
  readonly name: string;
  /** How much of the specialised sets the second stage has; for those that begin with the first stage of DMT. */
  readonly share?: number;
  readonly stages: (first: CausalModel) => Promise<readonly OwnStage[]>;
}

async function teachOwn(own: OwnAbilities, settings: Settings, context: MethodContext): Promise<Taught> {
  const { seed, folder, signal, say } = context;
  const shares = replayShares(settings.replay);
  const sets = abilityLessons(own, { ...settings, seed }, say);
  const all = new Map(sets.map(({ learned }, i) => [i, learned]));
  const only = (kind: AbilityLessons['kind']) => new Map([...all].filter(([i]) => sets[i]!.kind === kind));
  const scores = (model: CausalModel) => abilityScores(model, sets, context);
  const teach = (name: string, model: CausalModel, stage: OwnStage) =>
    superviseCausal({
      ...settings,
      model,
      lessons: [...stage.values()].flat(),
      passes: settings.epochs,
      batchSize: settings.rows,
      seed,
      signal,
      onStep: (step, of, loss) =>
        step % 10 === 0 && say(`${name}: ${step} of ${of}, loss ${loss.toFixed(3)}`),
    });
  const replayStage = (share: number) => async (first: CausalModel) => {
    const stage = new Map(only('general'));
    const ids: Record<string, number[]> = {};
    for (const [i, learned] of only('special')) {
      const { name } = sets[i]!;
      if (share * learned.length < 1)
        say(`${share} of ${learned.length} is below 1 for set ${name}: 1 item is used`);
      const key = random.foldIn(random.foldIn(random.key(seed), 'replay'), name);
      const places = replayed(learned.length, share, key, await countedBy(first, learned, settings, signal));
      ids[name] = places;
      stage.set(
        i,
        places.map((place) => learned[place]!),
      );
    }
    writeFileSync(join(folder, `replayed-${shareName(share)}.json`), `${JSON.stringify(ids)}\n`);
    return [stage];
  };
  const strategies: Strategy[] = [
    { name: firstStage, stages: async () => [] },
    { name: 'no replay', share: 0, stages: async () => [only('general')] },
    ...shares.map((share) => ({ name: `replay ${shareName(share)}`, share, stages: replayStage(share) })),
    ...(settings.compare === 'all'
      ? [
          { name: 'all together', stages: async () => [all] },
          {
            name: 'one after the other',
            stages: async () => [...only('special'), ...only('general')].map((one) => new Map([one])),
          },
        ]
      : []),
  ];
  const untaught = await scores(own.model);
  const firstFolder = join(folder, 'first-stage');
  const found = await runOwnTrials(
    strategies.map(({ name }) => ({ arm: name, seed })),
    {
      folder,
      facts: { data: own.hash, ...settings },
      outcome: z.object({ scores: z.record(z.string(), z.number()) }),
      signal,
      async run({ arm }) {
        const { share, stages } = strategies.find(({ name }) => name === arm)!;
        if (arm === firstStage) {
          const first = await teach(arm, own.model, only('special'));
          await saveCausalModel(first, firstFolder);
          return { scores: await scores(first) };
        }
        let now = share === undefined ? own.model : await openCausalModel(firstFolder);
        for (const stage of await stages(now)) now = await teach(arm, now, stage);
        if (share) await saveCausalModel(now, join(folder, `student-${shareName(share)}`));
        return { scores: await scores(now) };
      },
    },
  );
  const byName = new Map([
    ['untaught', untaught],
    ...found.map(({ arm, scores: own }) => [arm, own] as const),
  ]);
  const table = [...byName].map(([name, own]) => `${name}: ${scoreLine(own, sets)}`);
  writeFileSync(
    join(folder, 'abilities.json'),
    `${JSON.stringify(Object.fromEntries(byName), undefined, 2)}\n`,
  );
  return { lines: [...table, ...adviceOn(byName, shares, sets, settings.tolerance), `students: ${folder}`] };
}

async function countedBy(
  first: CausalModel,
  learned: readonly Lesson[],
  { sampler }: Settings,
  signal: AbortSignal,
): Promise<Parameters<typeof replayed>[3]> {
  if (sampler === 'uniform') return undefined;
  if (sampler === 'balanced') return { groups: learned.map(({ answer }) => answer.join()) };
  const logs = await lessonLogs(first, learned, { signal });
  return { losses: logs.map((log, i) => -(log ?? 0) / learned[i]!.answer.length) };
}

/* The claim, on three abilities that want the same weights. */

const world = {
  symbols: 16,
  length: 6,
  special: 8000,
  general: 4000,
  test: 2000,
  ruleWidth: 64,
  easy: false,
  width: 48,
  passes: 8,
  learningRate: 1e-3,
} as const satisfies AbilityWorldOptions;

const keepsMore = (arm: string, against: string, least: number, statement: string) => ({
  statement,
  arm,
  against,
  least,
});
const figure = (name: string) => ({ name, better: 'higher' as const });

const claim = defineClaim({
  method: method.id,
  statement:
    'With 1/256 of the specialised items learned again beside the general ones, 4 points more of the specialised abilities are left.',
  metric: { name: 'share of right answers to new items of A and B', better: 'higher' },
  arm: 'dmt-256',
  against: 'mixed',
  arms: abilityArms(world),
  quickArms: abilityArms({ ...world, special: 400, general: 200, test: 100, passes: 1 }),
  parts: [
    {
      ...keepsMore('only-a', 'sequential', 0.3, 'What is learned first is forgotten: A loses 30 points.'),
      figure: figure('A'),
    },
    keepsMore('dmt-64', 'dmt-256', 0.01, 'More replay keeps more: 1/64 over 1/256.'),
    keepsMore('dmt-16', 'dmt-64', 0.01, '1/16 over 1/64.'),
    keepsMore('dmt-4', 'dmt-16', 0.01, '1/4 over 1/16.'),
    keepsMore('dmt-1', 'dmt-4', -0.02, 'All of it is no worse than 1/4.'),
    {
      ...keepsMore('dmt-16', 'multi', 0.02, 'A small student learns more of G than from all together.'),
      figure: figure('G'),
    },
    keepsMore('wide-dmt-256', 'wide-mixed', 0.04, 'The same of a wide student to whom G is easy.'),
  ],
  seeds: [2701, 2702, 2703, 2704, 2705, 2706, 2707, 2708, 2709, 2710],
  smallestEffect: 0.04,
  fails:
    'Replay of 1/256 gives nothing. All together for as many updates, and a second stage at a lower rate without replay, are reported beside it.',
  published: 'LLaMA 7B, GSM8K 41.9 by DMT with 1/256, 32.6 without replay, 47.5 all together, 49.1 alone',
  budget: 6,
  data: [],
  settings: { world, wide, plans: abilityPlans.map((plan) => ({ ...plan })) },
});

export const dualStageMixedFinetuning = defineMethodFile({
  method,
  claim,
  data: 'a JSON file: `model` (a LLaMA model: a folder as Hugging Face lays it out, or a GGUF file), `sets` (two or more: `name`, `file` of prompts with answers, `kind`: special or general, `scorer`: exact, number or nats, perhaps `test`, a file to be tested on)',
  cost: 'the specialised sets once, and the general one with its replay once for each share; with `compare all` all sets twice more',
  reading:
    '32 items of each specialised set, learned again, keep a fifth of what is forgotten without them, and cost the general ability nothing (28.5 against 28.9 %). But learning all together for longer, with as many updates as DMT with all items, is better than DMT at every share (56 % of A and B, 28 % of G): replay is for sets that come one after the other, or a first stage that is already there. A second stage at a quarter of the rate keeps more without replay (39 %), but learns little that is general (12 %). A scorer by a judge or a command is not offered.',
  read: readOwnAbilities,
});
