import { z } from 'zod';
import type { SkillTree } from '../curricula/skill-tree.js';
import type { PracticeItem } from '../tasks/practice-items.js';
import { type JsonQuestion, jsonQuestion } from './ask-json.js';

/*
 * What a teacher that writes training items is asked (DataEnvGym, section 3), each with the schema of its answer.
 */

const text = z.string().trim().min(1);
const itemSchema = z.object({
  question: text,
  solution: z.string().trim().optional(),
  answer: z.union([text, z.number()]).transform(String),
});
const items = z.array(itemSchema);
const groups = z.array(z.object({ weakness: text, items }));

/** An item as a teacher writes it. */
export type ItemDraft = z.output<typeof itemSchema>;

/** Items for something that a teacher thinks a student lacks. */
export type HypothesisDrafts = z.output<typeof groups>[number];

/** What all items of a task have in common. */
export interface ItemForm {
  /** The only answers that there are, where these are few. */
  readonly labels: readonly string[] | undefined;
  /** Items that show what the task is like. */
  readonly examples: readonly PracticeItem[];
}

const itemForm =
  '{"question": "…", "solution": "the reasoning, in a few words", "answer": "the final answer"}';

const answersOf = ({ labels }: ItemForm) =>
  labels ? ` The answer is one of: ${labels.join('; ')}.` : ' Each has one right answer, which you give.';

function shownItems(shown: readonly PracticeItem[]): string {
  return shown
    .map(({ question, answer, checker }, i) =>
      checker === 'pattern' ? `${i + 1}. ${question}` : `${i + 1}. ${question}\nAnswer: ${answer}`,
    )
    .join('\n\n');
}

const likeThese = ({ examples }: ItemForm) =>
  examples.length === 0 ? '' : `\n\nItems of the task are like these:\n\n${shownItems(examples)}`;

/** New items after the model of some, which are not marked as failed or not (open-ended level). */
export function openEndedQuestion(
  shown: readonly PracticeItem[],
  form: ItemForm,
  count: number,
): JsonQuestion<ItemDraft[]> {
  return jsonQuestion(
    `Write ${count} new items to train a student with, for the same task as those that you are shown. They should differ from these and from each other.${answersOf(form)}`,
    `[${itemForm}]`,
    shownItems(shown),
    items,
  );
}

/** A response that was wrong. */
export interface Failure {
  readonly item: PracticeItem;
  readonly response: string;
}

/**
 * What a student may lack in a skill, and items for each guess (skill-list level).
 *
 * @param failures none where the student fails nothing, or where the teacher is not to see it
 */
export function hypothesesQuestion(
  skill: string,
  failures: readonly Failure[],
  form: ItemForm,
  {
    hypotheses,
    items: each,
    harder,
  }: { readonly hypotheses: number; readonly items: number; readonly harder: boolean },
): JsonQuestion<HypothesisDrafts[]> {
  const seen =
    failures.length > 0
      ? "You are shown questions of a skill, a student's wrong answers and the right ones."
      : harder
        ? 'A student answers all questions of this skill rightly: think of harder ones.'
        : 'You are told the name of a skill.';
  const shown = failures.map(
    ({ item, response }) =>
      `Question: ${item.question}\nThe student's answer: ${response}${item.checker === 'pattern' ? '' : `\nRight answer: ${item.answer}`}`,
  );
  return jsonQuestion(
    `${seen} Name ${hypotheses} things that a student may lack, each in a phrase, and write ${each} new items for each of them to train it with.${answersOf(form)}`,
    `[{"weakness": "…", "items": [${itemForm}]}]`,
    `Skill: ${skill}${shown.length > 0 ? `\n\n${shown.join('\n\n')}` : ''}${likeThese(form)}`,
    groups,
  );
}

/** Names of subskills that are not there yet (skill-tree level, explore). */
export function subskillsQuestion(
  skill: string,
  known: readonly string[],
  count: number,
): JsonQuestion<string[]> {
  return jsonQuestion(
    `Divide a skill: name ${count} subskills of it, each in two to six words, that are not in the list.`,
    '["subskill", "subskill"]',
    `Skill: ${skill}\nList: ${known.join('; ') || 'empty'}`,
    z.array(text),
  );
}

/** Items for a subskill by its name (skill-tree level). */
export function subskillItemsQuestion(
  skill: string,
  subskill: string,
  form: ItemForm,
  count: number,
): JsonQuestion<ItemDraft[]> {
  return jsonQuestion(
    `Write ${count} new items to train a student with that need the subskill. They should differ from each other.${answersOf(form)}`,
    `[${itemForm}]`,
    `Skill: ${skill}\nSubskill: ${subskill}${likeThese(form)}`,
    items,
  );
}

const reason = z.string().default('');
const action = z.discriminatedUnion('action', [
  z.object({ action: z.literal('explore'), subskills: z.int().min(1), items: z.int().min(1), reason }),
  z.object({ action: z.literal('exploit'), changes: z.record(z.string(), z.int()), reason }),
]);

/** What a teacher does with a skill tree. */
export type TreeDecision = z.output<typeof action>;

/** What to do with a skill after a look at all rounds so far (skill-tree level, the teacher as policy). */
export function treeActionQuestion(
  skill: string,
  { allocations, written, accuracies }: SkillTree,
  { share, most }: { readonly share: number; readonly most: number },
): JsonQuestion<TreeDecision> {
  const subskills = [...allocations].map(
    ([name, items]) => `- ${name}: ${items} items a round, ${written.get(name) ?? 0} written so far`,
  );
  return jsonQuestion(
    `You plan what a student is trained with. Either explore: name how many new subskills to add (there may be ${most}) and how many items each gets a round. Or exploit: say by how much the items of subskills change, by name; what stays is left out. The skill has about ${share} items a round.`,
    '{"action": "explore", "subskills": 2, "items": 5, "reason": "…"} or {"action": "exploit", "changes": {"subskill": -3}, "reason": "…"}',
    [
      `Skill: ${skill}`,
      `Accuracy before and after each round: ${accuracies.map((one) => one.toFixed(2)).join(', ')}`,
      'Subskills:',
      ...(subskills.length > 0 ? subskills : ['none']),
    ].join('\n'),
    action,
  );
}
