import { random } from '@tutelage/engine';
import { z } from 'zod';
import {
  type AnsweredItem,
  accuracyBySkill,
  type DifficultyRule,
  difficultQuestions,
  isRight,
  usableRules,
} from '../assessment/difficult-questions.js';
import { UserError } from '../core/errors.js';
import type { MethodContext } from '../core/method.js';
import { missingSkillProfile, type SkillGap, type SkillMistake } from '../curricula/skill-profile.js';
import { exactly, examplesForMistakes, skillMap } from '../curricula/skill-targeted.js';
import type { CausalModel } from '../language/causal-model.js';
import { superviseCausal } from '../students/causal-supervised.js';
import type { SkillItem } from '../tasks/skill-items.js';
import { missingSkills, type SkillTeacher, writeExamples } from '../teachers/skill-teacher.js';
import { modelAnswers, type OwnSkillGaps, questionTokens } from './own-skill-gaps.js';
import type { TargetedExample } from './skill-report.js';

/** What a diagnosis goes by. */
export interface DiagnosisSettings {
  readonly difficulty: DifficultyRule | 'auto';
  readonly lowStep: number;
  readonly lowAnswer: number;
  readonly agreeing: number;
  readonly longest: number;
  readonly missing: number;
}

export interface SelectionSettings {
  readonly mode: 'select' | 'write';
  readonly select: number;
  readonly models: number;
  readonly write: number;
  readonly solutions: number;
  readonly agree: number;
  readonly total: number;
}

/** Fewer tell nothing of a student. */
const leastDifficult = 30;

export interface Diagnosis {
  readonly rule: DifficultyRule;
  readonly difficult: readonly AnsweredItem[];
  readonly mistakes: readonly SkillMistake[];
  readonly profile: readonly SkillGap[];
}

/**
 * Finds what a student lacks from its answers (STAT, stages 1 and 2).
 *
 * @param answered questions with their skills
 * @throws {UserError} when too few are difficult, or the rule asks for what is not known
 */
export async function diagnose(
  teacher: SkillTeacher,
  answered: readonly AnsweredItem[],
  catalogue: readonly string[],
  settings: DiagnosisSettings,
): Promise<Diagnosis> {
  const usable = usableRules(answered);
  const rule = settings.difficulty === 'auto' ? usable[0]! : settings.difficulty;
  if (!usable.includes(rule)) {
    throw new UserError(`difficult questions can't be told by ${rule}`, {
      detail: `of these answers ${usable.join(' and ')} can be used`,
      hint: 'answers needs an answer to every question, scores a score file, and consistency several answers to each',
    });
  }
  const difficult = difficultQuestions(answered, rule, settings);
  if (difficult.length < leastDifficult) {
    throw new UserError(`profile too small: ${difficult.length} difficult questions of ${answered.length}`, {
      hint: `${leastDifficult} are needed: give a longer or harder probe`,
    });
  }
  const failed = difficult.map(({ item, answers }) => ({ item, response: answers[0]!.response }));
  const mistakes = await missingSkills(teacher, failed, { catalogue, most: settings.missing });
  const profile = missingSkillProfile(
    mistakes,
    answered.map(({ item }) => item.skills),
  );
  return { rule, difficult, mistakes, profile };
}

/**
 * A new training set around a student's mistakes (STAT, stage 3).
 *
 * @returns no more than `total` examples; a skill without an example in the pool gets none unless they are written
 */
export async function targetExamples(
  teacher: SkillTeacher,
  mistakes: readonly SkillMistake[],
  pool: OwnSkillGaps['pool'],
  settings: SelectionSettings,
  key: random.Key,
): Promise<{ readonly examples: readonly TargetedExample[]; readonly missingInPool: readonly string[] }> {
  const map = skillMap(pool.map(({ skills }) => skills));
  const each = settings.mode === 'select' ? settings.select : settings.models;
  const needs = examplesForMistakes(mistakes, map, each, random.foldIn(key, 'examples'));
  const missingInPool = [
    ...new Set(needs.filter(({ examples }) => examples.length === 0).map(({ skill }) => skill)),
  ];
  const found: TargetedExample[] =
    settings.mode === 'select'
      ? needs.flatMap(({ question, skill, examples }) =>
          examples.map((at) => {
            const { id, question: text, solution } = pool[at]!;
            return { id, question: text, solution, origin: 'pool' as const, because: { question, skill } };
          }),
        )
      : (await writeExamples(teacher, needs, pool, settings)).map(({ id, question, solution, need }) => ({
          id,
          question,
          solution,
          origin: 'written' as const,
          because: { question: need.question, skill: need.skill },
          models: need.examples.map((at) => pool[at]!.id),
        }));
  const count = Math.min(settings.total, found.length);
  return { examples: exactly(found, count, random.foldIn(key, 'kept')), missingInPool };
}

export interface FineTuning {
  readonly passes: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly loraRank: number;
  readonly maxTokens: number;
}

/** Teaches a model questions and solutions; those that are too long are left out, and counted. */
export async function fineTuned(
  model: CausalModel,
  examples: readonly { readonly question: string; readonly solution: string }[],
  settings: FineTuning,
  name: string,
  { seed, signal, say }: Pick<MethodContext, 'seed' | 'signal' | 'say'>,
): Promise<CausalModel> {
  const end = model.tokenizer.special.end ?? 0;
  const lessons = examples.map(({ question, solution }) => ({
    prompt: questionTokens(model, question),
    answer: [...model.tokenizer.encodePlain(solution), end],
  }));
  const most = Math.min(model.config.positions, 2 * settings.maxTokens);
  const short = lessons.filter(({ prompt, answer }) => prompt.length + answer.length <= most);
  if (short.length < lessons.length) {
    say(`${lessons.length - short.length} examples are longer than ${most} tokens, and left out`);
  }
  if (short.length === 0) throw new UserError('no example is short enough to be learned');
  return superviseCausal({
    ...settings,
    model,
    lessons: short,
    seed,
    signal,
    onStep: (step, of, loss) => step % 10 === 0 && say(`${name}: ${step} of ${of}, loss ${loss.toFixed(3)}`),
  });
}

export const scoresSchema = z.object({
  right: z.number(),
  of: z.number(),
  skills: z.record(z.string(), z.object({ right: z.number(), of: z.number() })),
});

/** How a model answers some questions, in all and by skill. */
export async function testModel(
  model: CausalModel,
  test: readonly SkillItem[],
  maxTokens: number,
  context: Pick<MethodContext, 'seed' | 'signal' | 'say'>,
): Promise<z.infer<typeof scoresSchema>> {
  const answered = await modelAnswers(model, test, { maxTokens, samples: 1, ...context });
  return scoresOf(answered);
}

/** Right answers, in all and by skill. */
export function scoresOf(answered: readonly AnsweredItem[]): z.infer<typeof scoresSchema> {
  return {
    right: answered.filter(({ item, answers }) => isRight(item, answers[0]!)).length,
    of: answered.length,
    skills: Object.fromEntries(accuracyBySkill(answered)),
  };
}
