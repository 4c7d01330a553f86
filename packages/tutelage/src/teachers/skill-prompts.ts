import { z } from 'zod';
import type { ChatMessage } from '../language/chat/format.js';
import type { SkillItem } from '../tasks/skill-items.js';
import { type JsonQuestion, jsonQuestion } from './ask-json.js';

/*
 * What a teacher is asked (STAT, section 3), each with the schema of its answer. Questions and answers are shown as data.
 */

const names = z.array(z.string().trim().min(1));

/** Names of the skills that a question needs, in the teacher's own words. */
export function proposalQuestion({ question }: SkillItem): JsonQuestion<string[]> {
  return jsonQuestion(
    'Name the one to three fine-grained skills that solving this question needs, each in two to five words.',
    '["skill", "skill"]',
    question,
    names,
  );
}

/** One catalogue of proposed names, in which alike ones are merged. */
export function catalogueQuestion(proposed: readonly string[], most: number): JsonQuestion<string[]> {
  return jsonQuestion(
    `These names of skills were given to many questions. Merge those that mean the same or nearly the same, into at most ${most} skills that together cover all.`,
    '["skill", "skill"]',
    proposed.join('\n'),
    names.min(1),
  );
}

/** Which skills of the catalogue a question needs. */
export function labelQuestion({ question }: SkillItem, catalogue: readonly string[]): JsonQuestion<string[]> {
  return jsonQuestion(
    `Which of these skills does solving the question need? Name those alone that are needed, by their exact names.\nSkills: ${catalogue.join('; ')}`,
    '["skill", "skill"]',
    question,
    names,
  );
}

/** Which skills an answer failed to use: none if all were used. */
export function missingQuestion(
  { question, solution }: SkillItem,
  response: string,
  skills: readonly string[],
  most: number,
): JsonQuestion<string[]> {
  return jsonQuestion(
    `A student answered a question and may have failed. Which of these skills did the answer fail to use, or use wrongly? Name at most ${most}, the most important first, by their exact names; an empty list if none of them is at fault.\nSkills: ${skills.join('; ')}`,
    '["skill"] or []',
    [
      `Question: ${question}`,
      ...(solution === undefined ? [] : [`Right solution: ${solution}`]),
      `The student's answer: ${response}`,
    ].join('\n\n'),
    names,
  );
}

/** New questions that exercise a skill, after the model of some. */
export function writingQuestion(
  skill: string,
  models: readonly SkillItem[],
  count: number,
): JsonQuestion<string[]> {
  const shown = models.map(({ question }, i) => `Example ${i + 1}: ${question}`);
  return jsonQuestion(
    `Write ${count} new questions that need this skill: ${skill}. They should be like the examples in kind and difficulty, differ from them and from each other, and have one answer.`,
    '["question", "question"]',
    shown.length > 0 ? shown.join('\n\n') : 'There are no examples.',
    names.min(1),
  );
}

/** A conversation that asks for a solution with its final answer marked. */
export function solvingMessages(question: string): ChatMessage[] {
  return [
    {
      role: 'system',
      content: 'Solve the question step by step. End with the final answer inside \\boxed{}.',
    },
    { role: 'user', content: question },
  ];
}
