import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { type CausalModel, openCausalModel } from '../language/causal-model.js';
import type { Lesson } from '../language/lessons.js';
import { pairVocabularies } from '../language/vocabulary-pairing.js';
import { type PromptRow, readPlan, readPrompts } from '../tasks/language-files.js';

/** What a user gives to distil one language model into another. */
export interface OwnDistillation {
  readonly teacher: CausalModel;
  readonly student: CausalModel;
  readonly prompts: readonly PromptRow[];
  /** Right answers, or those of a stronger model. */
  readonly references: readonly PromptRow[];
}

const planSchema = z.object({
  teacher: z.string(),
  student: z.string(),
  prompts: z.string(),
  references: z.string().optional(),
});

/**
 * Reads a JSON file that names a teacher and a student (LLaMA models: folders as Hugging Face lays them out, or GGUF files), a file of
 * prompts, and perhaps one of prompts with right answers.
 *
 * @throws {UserError} where something can't be read, or the models have different vocabularies
 */
export async function readOwnDistillation(path: string): Promise<OwnDistillation> {
  const { plan, at } = await readPlan(path, planSchema);
  for (const model of [plan.teacher, plan.student]) {
    if (!/^https?:|^llm:/.test(model)) continue;
    throw new UserError(`a teacher behind an endpoint gives no log-probabilities of all tokens: ${model}`, {
      hint: "the distance from it can't be computed; let it score texts (endpointScorer, distilByText), or teach on its answers as text",
    });
  }
  const [teacher, student] = [
    await openCausalModel(at(plan.teacher)),
    await openCausalModel(at(plan.student)),
  ];
  pairVocabularies(teacher, student);
  const prompts = await readPrompts(at(plan.prompts));
  const references = plan.references === undefined ? [] : (await readPrompts(at(plan.references))).rows;
  return { teacher, student, prompts: prompts.rows, references };
}

/** Fewer tell too little. */
const leastHeldOut = 50;

export interface SplitPrompts {
  /** Prompts to learn on and prompts to be measured on, in tokens. */
  readonly learned: readonly (readonly number[])[];
  readonly held: readonly (readonly number[])[];
  /** Right answers to prompts that are not learned on. */
  readonly references: readonly Lesson[];
}

/**
 * Splits prompts, without those that occur twice. Right answers are kept of prompts that are not learned on.
 *
 * @param say hears what is left out
 * @throws {UserError} when there are too few
 */
export function splitPrompts(
  { teacher, prompts, references }: OwnDistillation,
  heldOut: number,
  say: (message: string) => void,
): SplitPrompts {
  const distinct = [...new Set(prompts.map(({ prompt }) => prompt))];
  if (heldOut < leastHeldOut || distinct.length < 2 * heldOut) {
    throw new UserError(`too few prompts: ${distinct.length}`, {
      detail: `${heldOut} are held out, which must be ${leastHeldOut} at least, and as many are learned on`,
      hint: 'give more prompts, or change heldOut',
    });
  }
  const [held, learned] = [distinct.slice(0, heldOut), distinct.slice(heldOut)];
  const taken = new Set(learned);
  const answered = [...prompts, ...references].filter(({ answer }) => answer !== undefined);
  const own = answered.filter(({ prompt }) => !taken.has(prompt));
  if (own.length < answered.length) {
    say(`${answered.length - own.length} right answers are of prompts that are learned on, and not used`);
  }
  if (own.length === 0) say('no right answers: only the distance from the teacher is known');
  const end = teacher.tokenizer.special.end ?? 0;
  const tokens = (text: string) => teacher.tokenizer.encodePlain(text);
  return {
    learned: learned.map(tokens),
    held: held.map(tokens),
    references: own.map(({ prompt, answer }) => ({
      prompt: tokens(prompt),
      answer: [...tokens(answer!), end],
    })),
  };
}
