import type { random } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import { apportioned, byError, byReward, evenly } from '../curricula/data-allocation.js';
import {
  afterAction,
  type SkillTree,
  type TreeAction,
  type TreePolicy,
  treeAction,
  treePolicies,
} from '../curricula/skill-tree.js';
import type { PracticeItem } from '../tasks/practice-items.js';
import {
  type Failure,
  hypothesesQuestion,
  type ItemForm,
  openEndedQuestion,
  subskillItemsQuestion,
  subskillsQuestion,
  treeActionQuestion,
} from '../teachers/gym-prompts.js';
import { askTeacher, type ItemWriter, usableItems, type WrittenItem } from '../teachers/item-writer.js';

/** A question of the validation split, and what a student said to it. */
export interface Completed extends Failure {
  readonly item: PracticeItem & { readonly skill: string };
  readonly isRight: boolean;
}

/** All that an agent plans by. */
export interface AgentOptions {
  readonly level: GymLevel;
  readonly writer: ItemWriter;
  readonly form: ItemForm;
  /** Items of a round, and of a skill over all rounds. */
  readonly items: number;
  readonly perSkill: number;
  /** Whether it sees how the student does. */
  readonly state: boolean;
  readonly hypotheses: number;
  readonly itemsEach: number;
  readonly policy: AgentPolicy;
  /** Subskills of a skill. */
  readonly subskills: number;
  readonly dice: random.Stream;
  /** Hears what is planned. */
  readonly log: (plan: object) => void;
}

/**
 * Writes the items of a round.
 *
 * @param completed the validation split before any teaching, and after each round
 */
export type OwnAgent = (completed: readonly (readonly Completed[])[]) => Promise<WrittenItem[]>;

export const levels = ['open-ended', 'skill-list', 'skill-tree'] as const;
export type GymLevel = (typeof levels)[number];

/** How trees grow: by a rule, or as the teacher decides. */
export const agentPolicies = [...treePolicies, 'teacher'] as const;
export type AgentPolicy = (typeof agentPolicies)[number];

/** The skill of items that are written for none in particular. */
export const allSkills = 'all';

/** An agent of a level of structure (DataEnvGym, section 3). */
export function agentOf(options: AgentOptions): OwnAgent {
  return { 'open-ended': openEnded, 'skill-list': skillList, 'skill-tree': skillTree }[options.level](
    options,
  );
}

const itemsOfCall = 10;
const shownOfKind = 3;
const shownFailures = 6;
const keptReward = 0.5;

/** The plan and the items are one: each call shows some examples and some failures, unmarked. */
function openEnded({ writer, form, items, state, dice, log }: AgentOptions): OwnAgent {
  const some = (from: readonly PracticeItem[], count: number) => dice.shuffle(from).slice(0, count);
  return async (completed) => {
    const failed = state ? failuresOf(completed.at(-1)!).map(({ item }) => item) : [];
    log({ round: completed.length, failures: failed.length, items });
    const questions = Array.from({ length: Math.ceil(items / itemsOfCall) }, () => {
      const chosen = some(failed, shownOfKind);
      const examples = some(form.examples, 2 * shownOfKind - chosen.length);
      return openEndedQuestion(dice.shuffle([...examples, ...chosen]), form, itemsOfCall);
    });
    const drafts = await askTeacher(writer, questions, completed.length);
    return usableItems(
      writer,
      drafts.flatMap((own) => own ?? []),
      { skill: allSkills },
      items,
    );
  };
}

/** For each skill with failures, guesses at what is missing, and items for each. */
function skillList(options: AgentOptions): OwnAgent {
  const { writer, form, items, perSkill, state, hypotheses, itemsEach, dice, log } = options;
  const spent = new Map<string, number>();
  return async (completed) => {
    const skills = skillsOf(completed[0]!);
    const failures = skills.map((skill) => failuresOf(completed.at(-1)!, skill));
    const isPerfect = state && failures.every((own) => own.length === 0);
    const worth =
      state && !isPerfect ? byError(accuraciesOf(completed, skills)) : evenly([skills.map(() => 0)]);
    const shares = apportioned(worth, items);
    const plans = skills
      .map((skill, i) => {
        const left = perSkill - (spent.get(skill) ?? 0);
        const count = Math.min(shares[i]!, left, hypotheses * itemsEach);
        return { skill, count, failures: state ? dice.shuffle(failures[i]!).slice(0, shownFailures) : [] };
      })
      .filter(({ count }) => count > 0);
    for (const { skill, count } of plans) log({ round: completed.length, skill, items: count });
    const questions = plans.map(({ skill, count, failures }) => {
      const each = Math.min(itemsEach, Math.ceil(count / hypotheses));
      const asked = { hypotheses: Math.ceil(count / each), items: each, harder: isPerfect };
      return hypothesesQuestion(skill, failures, form, asked);
    });
    const answers = await askTeacher(writer, questions, completed.length);
    return plans.flatMap(({ skill, count }, i) => {
      const kept: WrittenItem[] = [];
      for (const { weakness: hypothesis, items: drafts } of answers[i] ?? []) {
        kept.push(...usableItems(writer, drafts, { skill, hypothesis }, count - kept.length));
      }
      spent.set(skill, (spent.get(skill) ?? 0) + kept.length);
      return kept;
    });
  };
}

interface Branch {
  allocations: ReadonlyMap<string, number>;
  readonly written: Map<string, number>;
}

/** A tree of subskills for each skill, whose branches grow and are filled by a policy. */
function skillTree(options: AgentOptions): OwnAgent {
  const { writer, form, items, perSkill, state, policy, log } = options;
  const trees = new Map<string, Branch>();
  const treeOf = (skill: string): Branch => {
    const tree = trees.get(skill) ?? { allocations: new Map(), written: new Map() };
    trees.set(skill, tree);
    return tree;
  };
  return async (completed) => {
    const round = completed.length;
    const skills = skillsOf(completed[0]!);
    // Without state, all skills look alike.
    const seen = accuraciesOf(completed, skills).map((own) => (state ? own : own.map(() => 0)));
    const seenTrees = skills.map((skill, i) => ({
      ...treeOf(skill),
      accuracies: seen.map((own) => own[i]!),
    }));
    const actions = await actionsOf(options, skills, seenTrees, round);
    skills.forEach((skill, i) => {
      log({ round, skill, ...actions[i]! });
    });
    const explored = skills.flatMap((skill, i) => {
      const action = actions[i]!;
      return action.kind === 'explore' ? [{ skill, count: action.subskills }] : [];
    });
    const named = await askTeacher(
      writer,
      explored.map(({ skill, count }) =>
        subskillsQuestion(skill, [...treeOf(skill).allocations.keys()], count),
      ),
      round,
    );
    const namesOf = new Map(explored.map(({ skill }, i) => [skill, named[i] ?? []]));
    const plans = skills.flatMap((skill, i) => {
      const tree = treeOf(skill);
      const names = (namesOf.get(skill) ?? []).filter((name) => !tree.allocations.has(name));
      tree.allocations = afterAction(tree.allocations, actions[i]!, names);
      return [...tree.allocations].map(([subskill, wanted]) => ({ skill, subskill, wanted }));
    });
    const wanted = policy === 'reward' ? byRewards(plans, skills, seen) : plans.map((plan) => plan.wanted);
    const sum = sumOf(wanted);
    if (sum === 0) return [];
    const counts = policy === 'reward' || sum > items ? apportioned(wanted, items) : wanted;
    const left = new Map(skills.map((skill) => [skill, perSkill - sumOf(treeOf(skill).written.values())]));
    const open = plans.map(({ skill, subskill }, i) => {
      const missing = Math.min(counts[i]!, left.get(skill)!);
      left.set(skill, left.get(skill)! - missing);
      return { skill, subskill, missing };
    });
    const kept: WrittenItem[] = [];
    // Exactly so many items where the teacher can: what is missing is asked for once more.
    for (let call = 0; call < 2; call++) {
      const asked = open.filter(({ missing }) => missing > 0);
      const drafts = await askTeacher(
        writer,
        asked.map(({ skill, subskill, missing }) => subskillItemsQuestion(skill, subskill, form, missing)),
        round,
      );
      asked.forEach((one, i) => {
        const { skill, subskill } = one;
        const items = usableItems(writer, drafts[i] ?? [], { skill, subskill }, one.missing);
        const { written } = treeOf(skill);
        written.set(subskill, (written.get(subskill) ?? 0) + items.length);
        one.missing -= items.length;
        kept.push(...items);
      });
    }
    return kept;
  };
}

/** What is done with each skill: by the rule of the policy, or as the teacher decides; by reward where it says nothing. */
async function actionsOf(
  { writer, policy, items, subskills: most, dice }: AgentOptions,
  skills: readonly string[],
  trees: readonly SkillTree[],
  round: number,
): Promise<(TreeAction & { readonly reason?: string })[]> {
  const share = Math.max(1, Math.round(items / skills.length));
  const rule: TreePolicy = policy === 'teacher' ? 'reward' : policy;
  const questions =
    policy === 'teacher'
      ? skills.map((skill, i) => treeActionQuestion(skill, trees[i]!, { share, most }))
      : [];
  const decided = await askTeacher(writer, questions, round);
  return trees.map((tree, i) => {
    const decision = decided[i];
    if (decision === undefined) return treeAction(rule, tree, { items: share, most, dice });
    const { reason } = decision;
    if (decision.action === 'exploit') {
      return { kind: 'exploit', changes: new Map(Object.entries(decision.changes)), reason };
    }
    const subskills = Math.min(decision.subskills, Math.max(0, most - tree.allocations.size));
    return { kind: 'explore', subskills, items: decision.items, reason };
  });
}

const sumOf = (numbers: Iterable<number>) => [...numbers].reduce((a, b) => a + b, 0);

/** What each subskill is worth where a skill is worth its reward: the subskills of a skill share it. */
function byRewards(
  plans: readonly { readonly skill: string }[],
  skills: readonly string[],
  accuracies: readonly (readonly number[])[],
): number[] {
  const worth = byReward(keptReward)(accuracies);
  const all = worth.every((one) => one === 0) ? evenly(accuracies) : worth;
  return plans.map(({ skill }) => {
    const siblings = plans.filter((plan) => plan.skill === skill).length;
    return all[skills.indexOf(skill)]! / siblings;
  });
}

export function skillsOf(completed: readonly Completed[]): string[] {
  return [...new Set(completed.map(({ item }) => item.skill))].sort();
}

function failuresOf(completed: readonly Completed[], skill?: string): Completed[] {
  return completed.filter(({ item, isRight }) => !isRight && (skill === undefined || item.skill === skill));
}

/** Accuracy by skill, round by round. */
export function accuraciesOf(
  completed: readonly (readonly Completed[])[],
  skills: readonly string[],
): number[][] {
  return completed.map((round) =>
    skills.map((skill) =>
      mean(round.filter(({ item }) => item.skill === skill).map(({ isRight }) => Number(isRight))),
    ),
  );
}
