import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type GradedPair, globalStages, pairsByRating } from '../curricula/preference-stages.js';
import { type CausalModel, openCausalModel } from '../language/causal-model.js';
import type { LessonPair } from '../students/pair-passes.js';
import { readPlan } from '../tasks/language-files.js';
import { type RatedPrompts, readRatedAnswers } from '../tasks/rated-answers.js';

/** What a user gives to teach a language model by ratings. */
export interface OwnRatings {
  readonly model: CausalModel;
  readonly rated: RatedPrompts;
  /** SHA-256 of the ratings. */
  readonly hash: string;
}

/**
 * Reads a JSON file that names a model (a LLaMA model: a folder as Hugging Face lays it out, or a GGUF file) and a file of ratings.
 *
 * @throws {UserError} where something can't be read, or no prompt has three different ratings
 */
export async function readOwnRatings(path: string): Promise<OwnRatings> {
  const { plan, at } = await readPlan(path, z.object({ model: z.string(), ratings: z.string() }));
  const rated = await readRatedAnswers(at(plan.ratings), 3);
  const hash = createHash('sha256')
    .update(readFileSync(at(plan.ratings)))
    .digest('hex');
  return { model: await openCausalModel(at(plan.model)), rated, hash };
}

export type LessonStages = readonly (readonly GradedPair<LessonPair>[])[];

export interface LessonStagesOptions {
  readonly scope: 'local' | 'global';
  readonly stages: number;
  readonly leastGap: number;
  readonly maxTokens: number;
}

/**
 * The pairs of some prompts by stage, in tokens.
 *
 * @param say hears how many pairs are left out, and why
 */
export function lessonStages(
  prompts: RatedPrompts['prompts'],
  { tokenizer }: CausalModel,
  settings: LessonStagesOptions,
  say: (message: string) => void,
): LessonStages {
  const end = tokenizer.special.end ?? 0;
  let [long, alike] = [0, 0];
  const local = prompts.flatMap(({ prompt, answers }) =>
    pairsByRating(answers, settings.stages).flatMap((graded, stage) => {
      if (!graded || graded.gap < settings.leastGap) return [];
      const lesson = (text: string) => ({
        prompt: tokenizer.encodePlain(prompt),
        answer: [...tokenizer.encodePlain(text), end],
      });
      const pair = { chosen: lesson(graded.pair.chosen.text), rejected: lesson(graded.pair.rejected.text) };
      const isLong = [pair.chosen, pair.rejected].some(
        (own) => own.prompt.length + own.answer.length > settings.maxTokens,
      );
      const isAlike = pair.chosen.answer.join() === pair.rejected.answer.join();
      long += Number(isLong);
      alike += Number(isAlike);
      return isLong || isAlike ? [] : [{ stage, graded: { pair, gap: graded.gap } }];
    }),
  );
  if (long > 0) say(`${long} pairs are longer than ${settings.maxTokens} tokens, and left out`);
  if (alike > 0) say(`${alike} pairs have the same answer twice, and are left out`);
  if (settings.scope === 'global')
    return globalStages(
      local.map(({ graded }) => graded),
      settings.stages,
    );
  return Array.from({ length: settings.stages }, (_, i) =>
    local.filter(({ stage }) => stage === i).map(({ graded }) => graded),
  );
}

/** A pair as text. */
export function pairTexts({ chosen, rejected }: LessonPair, { tokenizer }: CausalModel) {
  const text = (tokens: readonly number[]) => tokenizer.decode(tokens);
  return { prompt: text(chosen.prompt), chosen: text(chosen.answer), rejected: text(rejected.answer) };
}
