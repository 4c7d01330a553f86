import type { LoggedAnswer, SkillItem } from '../tasks/skill-items.js';
import { finalAnswer, sameAnswer } from '../tasks/verifiable/answers.js';
import { mean } from './checks.js';

/** A question, and what a student said to it. */
export interface AnsweredItem {
  readonly item: SkillItem;
  /** One or more. */
  readonly answers: readonly LoggedAnswer[];
  /** What a process reward model gave the steps of the first answer, in [0, 1]. */
  readonly scores?: readonly number[];
}

/** How difficult questions are told: by their right answers, or without them. */
export const difficultyRules = ['answers', 'scores', 'consistency', 'length'] as const;
export type DifficultyRule = (typeof difficultyRules)[number];

export interface DifficultyLimits {
  /** A step that scores less is a bad one. */
  readonly lowStep: number;
  /** So is an answer whose last step, or the mean of its steps, scores less. */
  readonly lowAnswer: number;
  /** Share of the answers that must agree. */
  readonly agreeing: number;
  /** Share of the questions that count as difficult by the length of their answers. */
  readonly longest: number;
}

/** The rules that can be applied to all of some questions, the most reliable first. */
export function usableRules(answered: readonly AnsweredItem[]): DifficultyRule[] {
  const usable: Record<DifficultyRule, boolean> = {
    answers: answered.every(
      ({ item, answers }) => item.answer !== undefined || answers[0]!.correct !== undefined,
    ),
    scores: answered.every(({ scores }) => scores !== undefined),
    consistency: answered.every(({ answers }) => answers.length > 1),
    length: true,
  };
  return difficultyRules.filter((rule) => usable[rule]);
}

/** The questions that a student finds difficult (STAT, stage 1). */
export function difficultQuestions(
  answered: readonly AnsweredItem[],
  rule: DifficultyRule,
  limits: DifficultyLimits,
): AnsweredItem[] {
  if (rule === 'length') {
    const length = ({ answers }: AnsweredItem) => answers[0]!.response.length;
    return answered
      .toSorted((a, b) => length(b) - length(a))
      .slice(0, Math.round(limits.longest * answered.length));
  }
  const isDifficult = {
    answers: (one: AnsweredItem) => !isRight(one.item, one.answers[0]!),
    scores: ({ scores = [] }: AnsweredItem) =>
      Math.min(...scores) < limits.lowStep || Math.min(scores.at(-1)!, mean(scores)) < limits.lowAnswer,
    consistency: ({ answers }: AnsweredItem) => agreement(answers) < limits.agreeing,
  }[rule];
  return answered.filter(isDifficult);
}

/** Whether an answer is right: as it was marked, or by its final answer. */
export function isRight({ answer }: SkillItem, { correct, response }: LoggedAnswer): boolean {
  if (correct !== undefined) return correct;
  const found = finalAnswer(response);
  return found !== undefined && answer !== undefined && sameAnswer(found, answer);
}

/** Of each skill how many of the questions that need it are answered right. */
export function accuracyBySkill(
  answered: readonly AnsweredItem[],
): Map<string, { readonly right: number; readonly of: number }> {
  const found = new Map<string, { right: number; of: number }>();
  for (const { item, answers } of answered) {
    for (const skill of item.skills) {
      const own = found.get(skill) ?? { right: 0, of: 0 };
      found.set(skill, { right: own.right + Number(isRight(item, answers[0]!)), of: own.of + 1 });
    }
  }
  return found;
}

/** The share of the answers that are the same as most. */
function agreement(answers: readonly LoggedAnswer[]): number {
  const finals = answers.map(({ response }) => finalAnswer(response) ?? '');
  const votes = finals.map((one) => finals.filter((other) => sameAnswer(other, one)).length);
  return Math.max(...votes) / answers.length;
}
