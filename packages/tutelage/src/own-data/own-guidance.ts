import { random } from '@tutelage/engine';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { type CausalModel, openCausalModel } from '../language/causal-model.js';
import { openResponder, type ResponderOptions, responderForms } from '../language/open-responder.js';
import type { Judged } from '../students/answer-check.js';
import type { Solution, Solved } from '../students/guidance.js';
import {
  type CheckedQuestion,
  isRight,
  readCheckedQuestions,
  readSolutions,
  type WrittenSolution,
} from '../tasks/checked-questions.js';
import { readPlan } from '../tasks/language-files.js';
import { type AnswerTags, taggedAnswer } from '../tasks/verifiable/tagged-answer.js';

/** What a user gives to teach a language model by rewards, with solutions of several teachers. */
export interface OwnGuidance {
  readonly student: CausalModel;
  readonly tags: AnswerTags;
  /** What the student reads, with `{question}` in it. */
  readonly prompt: string;
  readonly questions: readonly CheckedQuestion[];
  readonly solutions: readonly WrittenSolution[];
  /** Names of language models that solve the questions too. */
  readonly teachers: readonly string[];
}

const planSchema = z.object({
  student: z.string(),
  questions: z.string(),
  tags: z.object({ open: z.string().min(1), close: z.string().min(1) }).optional(),
  prompt: z
    .string()
    .refine((text) => text.includes('{question}'), 'has no {question} in it')
    .default('{question}\n'),
  solutions: z.string().optional(),
  teachers: z.array(z.string()).default([]),
});

/**
 * Reads a JSON file that names a student (a LLaMA model: a folder as Hugging Face lays it out, or a GGUF file), the tags around final
 * answers, a file of questions, and a file of solutions or the names of teachers, or both.
 *
 * @throws {UserError} where something can't be read, there are no tags, or there is nobody to learn from
 */
export async function readOwnGuidance(path: string): Promise<OwnGuidance> {
  const { plan, at } = await readPlan(path, planSchema);
  const { tags, prompt, teachers } = plan;
  if (!tags) {
    throw new UserError(`no answer tags: ${path}`, {
      hint: 'say what final answers stand between, such as "tags": { "open": "<answer>", "close": "</answer>" }',
    });
  }
  if (tags.open === tags.close) {
    throw new UserError(`the answer tags are the same: ${tags.open}`, {
      hint: 'where an answer begins and ends must be told apart',
    });
  }
  if (plan.solutions === undefined && teachers.length === 0) {
    throw new UserError(`no teachers: ${path}`, {
      hint: `name a file of "solutions", or "teachers": ${responderForms}`,
    });
  }
  const questions = await readCheckedQuestions(at(plan.questions));
  return {
    student: await openCausalModel(at(plan.student)),
    tags,
    prompt,
    questions,
    solutions: plan.solutions === undefined ? [] : await readSolutions(at(plan.solutions), questions),
    teachers,
  };
}

/** What is asked of teachers. */
function asked({ question }: CheckedQuestion, { open, close }: AnswerTags): string {
  return `${question}\n\nThink step by step. Then write the final answer, and nothing else, between ${open} and ${close}.`;
}

/**
 * Solutions by all teachers that are language models, each asked each question once. Answers are kept in the folder.
 *
 * @throws {UserError} for a teacher that can't be opened
 */
export async function teachersSolutions(
  { teachers, questions, tags }: OwnGuidance,
  options: ResponderOptions & { readonly maxTokens: number; readonly signal: AbortSignal },
): Promise<WrittenSolution[]> {
  const { maxTokens, signal, say } = options;
  const found: WrittenSolution[] = [];
  for (const name of teachers) {
    const teacher = await openResponder(name, options);
    try {
      const replies = await teacher.respond(
        questions.map((question) => [{ role: 'user', content: asked(question, tags) }]),
        { maxTokens, signal, onProgress: (done) => say(`${name}: ${done} of ${questions.length}`) },
      );
      replies.forEach((reply, i) => {
        if (reply.kind === 'text')
          found.push({ question: questions[i]!.id, source: teacher.name, text: reply.text });
      });
    } finally {
      await teacher.close();
    }
  }
  return found;
}

interface StoredSolutions {
  /** Of each question, the shortest first. */
  readonly byQuestion: readonly (readonly Solution[])[];
  /** How many were left out, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Questions with a solution in which the tags do not stand once each, so that the true answer can't be put there. */
  readonly unplaceable: readonly string[];
}

/**
 * The right solutions among those that were written, in the student's tokens.
 *
 * @param limits most tokens of a solution, and most solutions of a question
 */
function storedSolutions(
  { student: { tokenizer }, tags, questions }: OwnGuidance,
  written: readonly WrittenSolution[],
  { maxTokens, stored }: { readonly maxTokens: number; readonly stored: number },
): StoredSolutions {
  const end = tokenizer.special.end ?? 0;
  const dropped: Record<string, number> = {};
  const unplaceable = new Set<string>();
  const solutionOf = (question: CheckedQuestion, { source, text }: WrittenSolution): Solution | string => {
    const found = taggedAnswer(text, tags);
    if (found === 'absent') return 'no answer between the tags';
    if (found === 'repeated') {
      unplaceable.add(question.id);
      return 'more than one answer between tags';
    }
    if (!isRight(question, found.answer)) return 'wrong answer';
    const answer = [...tokenizer.encodePlain(text), end];
    if (answer.length > maxTokens) return `longer than ${maxTokens} tokens`;
    const [reasoning, truth] = [found.reasoning, question.answer].map((part) => tokenizer.encodePlain(part));
    return { source, answer, reasoning: reasoning!, truth: truth! };
  };
  const byQuestion = questions.map((question) => {
    const right = written
      .filter((solution) => solution.question === question.id)
      .flatMap((solution) => {
        const found = solutionOf(question, solution);
        if (typeof found !== 'string') return [found];
        dropped[found] = (dropped[found] ?? 0) + 1;
        return [];
      })
      .sort((a, b) => a.answer.length - b.answer.length);
    if (right.length > stored) {
      const reason = `more than ${stored} solutions of a question`;
      dropped[reason] = (dropped[reason] ?? 0) + right.length - stored;
    }
    return right.slice(0, stored);
  });
  return { byQuestion, dropped, unplaceable: [...unplaceable] };
}

/** A question as the student reads it, with its stored solutions. */
export interface GuidedQuestion extends Judged, Solved {
  readonly id: string;
}

export interface PreparedOptions {
  readonly maxTokens: number;
  readonly stored: number;
  readonly heldOut: number;
  readonly questionsAStep: number;
  readonly seed: number;
  readonly say: (message: string) => void;
}

export interface PreparedQuestions extends Omit<StoredSolutions, 'byQuestion'> {
  readonly learned: readonly GuidedQuestion[];
  readonly held: readonly GuidedQuestion[];
  /** Ids of questions to learn from that have no solution. */
  readonly unguided: readonly string[];
}

/**
 * Questions in the student's tokens, divided into those to learn from and those that are only assessed.
 *
 * @throws {UserError} when a question is too long for the student, or too few are left
 */
export function preparedQuestions(
  own: OwnGuidance,
  written: readonly WrittenSolution[],
  options: PreparedOptions,
): PreparedQuestions {
  const { maxTokens, heldOut, questionsAStep, seed, say } = options;
  const { tokenizer, config } = own.student;
  const { byQuestion, dropped, unplaceable } = storedSolutions(own, written, options);
  for (const [reason, count] of Object.entries(dropped)) say(`${count} solutions left out: ${reason}`);
  const all = own.questions.map((question, i): GuidedQuestion => {
    const prompt = tokenizer.encodePlain(own.prompt.replaceAll('{question}', () => question.question));
    if (prompt.length + maxTokens > config.positions) {
      throw new UserError(`too long for the student: question ${question.id}, ${prompt.length} tokens`, {
        detail: `with an answer of ${maxTokens} it has more than the model's ${config.positions}`,
        hint: 'make maxTokens less, or leave the question out',
      });
    }
    return {
      id: question.id,
      prompt,
      solutions: byQuestion[i]!,
      judge(answer) {
        const found = taggedAnswer(tokenizer.decode(answer), own.tags);
        const formed = typeof found === 'object';
        return { formed, right: formed && isRight(question, found.answer) };
      },
    };
  });
  const order = random.stream(random.foldIn(random.key(seed), 'held out')).shuffle(all);
  const cut = Math.round(heldOut * order.length);
  const [held, learned] = [order.slice(0, cut), order.slice(cut)];
  if (learned.length < questionsAStep) {
    throw new UserError(`too few questions: ${learned.length} to learn from`, {
      hint: `give more, or set questionsAStep to less than ${questionsAStep}`,
    });
  }
  const unguided = learned.filter(({ solutions }) => solutions.length === 0).map(({ id }) => id);
  if (unguided.length > 0) {
    say(`${unguided.length} questions have no solution, and are learned by rewards alone`);
  }
  return { learned, held, unguided, dropped, unplaceable };
}
