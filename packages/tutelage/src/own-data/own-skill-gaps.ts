import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { z } from 'zod';
import type { AnsweredItem } from '../assessment/difficult-questions.js';
import { UserError } from '../core/errors.js';
import type { MethodContext } from '../core/method.js';
import { type CausalModel, openCausalModel } from '../language/causal-model.js';
import { chatFormatOf, encodeChat } from '../language/chat/format.js';
import { llamaRollouts } from '../language/generate/rollouts.js';
import { readJson } from '../language/json-file.js';
import { responderForms } from '../language/open-responder.js';
import { nodeFileSystem as fs } from '../runs/file-system.js';
import { differences, openJournal } from '../runs/journal.js';
import { readPlan } from '../tasks/language-files.js';
import {
  type LoggedAnswer,
  readLoggedAnswers,
  readSkillItems,
  readStepScores,
  type SkillItem,
} from '../tasks/skill-items.js';

/** Who is to be taught: a model that can be trained, one that can only be asked, or someone of whom there is a log of answers. */
export type SkillStudent =
  | { readonly kind: 'model'; readonly model: CausalModel }
  | { readonly kind: 'asked'; readonly name: string }
  | {
      readonly kind: 'log';
      readonly answers: ReadonlyMap<string, readonly LoggedAnswer[]>;
      /** What they said later. */
      readonly after: ReadonlyMap<string, readonly LoggedAnswer[]> | undefined;
    };

/** What a user gives to have a student taught what it lacks. */
export interface OwnSkillGaps {
  readonly student: SkillStudent;
  /** Questions with solutions to choose from. */
  readonly pool: readonly (SkillItem & { readonly solution: string })[];
  readonly probe: readonly SkillItem[];
  /** Questions to be tested on; part of the probe where there are none. */
  readonly test: readonly SkillItem[] | undefined;
  readonly catalogue: readonly string[] | undefined;
  readonly scores: ReadonlyMap<string, readonly number[]> | undefined;
  /** SHA-256 of the file and all that it names but the model. */
  readonly hash: string;
  readonly warnings: readonly string[];
}

const planSchema = z
  .strictObject({
    pool: z.string(),
    probe: z.string(),
    test: z.string().optional(),
    student: z.string().optional(),
    answers: z.string().optional(),
    after: z.string().optional(),
    skills: z.string().optional(),
    scores: z.string().optional(),
  })
  .refine((plan) => (plan.student === undefined) !== (plan.answers === undefined), {
    message: 'give a student (a model) or answers (a log), and not both',
  });
const catalogueSchema = z.array(z.string().trim().min(1)).min(1);

/**
 * Reads a JSON file that names JSON lines of questions: a `pool` with solutions, a `probe`, perhaps a `test`; a `student` (a LLaMA model,
 * or one behind an endpoint) or a log of someone's `answers` to the probe, perhaps of those `after`; perhaps `skills` (a JSON list of names) and `scores` of the steps of
 * the answers.
 *
 * @throws {UserError} where something can't be read, or nobody can be taught
 */
export async function readOwnSkillGaps(path: string): Promise<OwnSkillGaps> {
  const { plan, at } = await readPlan(path, planSchema);
  const read = async (file: string, solved: boolean) => readSkillItems(at(file), { solved });
  const [pool, probe, test] = [
    await read(plan.pool, true),
    await read(plan.probe, false),
    plan.test === undefined ? undefined : await read(plan.test, false),
  ];
  const leftOut = [pool, probe, ...(test ? [test] : [])].reduce(
    (sum, { rejected }) => sum + rejected.total,
    0,
  );
  const heldBack = new Set([...probe.items, ...(test?.items ?? [])].map(({ question }) => tidy(question)));
  const kept = pool.items.filter(({ question }) => !heldBack.has(tidy(question)));
  const leaks = pool.items.length - kept.length;
  const tested = new Set(test?.items.map(({ question }) => tidy(question)));
  const probed = probe.items.filter(({ question }) => !tested.has(tidy(question)));
  const shared = probe.items.length - probed.length;
  if (kept.length === 0) throw new UserError(`all of the pool is in the probe or the test: ${plan.pool}`);
  const files = [plan.pool, plan.probe, plan.test, plan.answers, plan.skills, plan.scores];
  const hash = createHash('sha256').update(readFileSync(path));
  for (const file of files) hash.update(file === undefined ? '-' : readFileSync(at(file)));
  const log = async (file: string) => readLoggedAnswers(at(file));
  return {
    student:
      plan.answers === undefined
        ? await studentNamed(plan.student!, at(plan.student!))
        : {
            kind: 'log',
            answers: await log(plan.answers),
            after: plan.after === undefined ? undefined : await log(plan.after),
          },
    pool: kept.map((item) => ({ ...item, solution: item.solution! })),
    probe: probed,
    test: test?.items,
    catalogue:
      plan.skills === undefined ? undefined : listOfSkills(await readJson(at(plan.skills)), plan.skills),
    scores: plan.scores === undefined ? undefined : await readStepScores(at(plan.scores)),
    hash: hash.digest('hex'),
    warnings: [
      ...(leftOut > 0 ? [`${leftOut} lines can't be used, and are left out`] : []),
      ...(leaks > 0 ? [`${leaks} questions of the pool are in the probe or the test, and are removed`] : []),
      ...(shared > 0 ? [`${shared} questions of the probe are in the test, and are removed`] : []),
    ],
  };
}

function listOfSkills(json: unknown, file: string): string[] {
  const read = catalogueSchema.safeParse(json);
  if (read.success) return [...new Set(read.data)];
  throw new UserError(`not a list of skills: ${file}`, { hint: 'give a JSON list of names' });
}

async function studentNamed(name: string, path: string): Promise<SkillStudent> {
  if (/^(?:llm|local):/.test(name)) return { kind: 'asked', name };
  if (await stat(path).catch(() => undefined)) return { kind: 'model', model: await openCausalModel(path) };
  throw new UserError(`no such model: ${path}`, {
    hint: `give a folder or GGUF file of a LLaMA model, or ${responderForms}`,
  });
}

const tidy = (question: string) => question.toLowerCase().replace(/\s+/g, ' ').trim();

/** Tokens of a question as a model is asked it: as a conversation where it knows these, with a line end otherwise. */
export function questionTokens({ tokenizer }: CausalModel, question: string): number[] {
  const template = tokenizer.files.config.chat_template;
  return typeof template === 'string'
    ? encodeChat(tokenizer, chatFormatOf(template), [{ role: 'user', content: question }])
    : tokenizer.encodePlain(`${question}\n`);
}

const together = 64;
const temperature = 0.7;

/**
 * A model's answers to questions: the likeliest, and further ones that are drawn. Questions that are too long for it are left out.
 *
 * @param options.journal file that keeps answers, for the same call to go on after an interruption; `facts` are of all that they depend on
 */
export async function modelAnswers(
  model: CausalModel,
  items: readonly SkillItem[],
  options: {
    readonly maxTokens: number;
    readonly samples: number;
    readonly journal?: { readonly folder: string; readonly facts: Record<string, string | number> };
  } & Pick<MethodContext, 'seed' | 'signal' | 'say'>,
): Promise<AnsweredItem[]> {
  const { maxTokens, samples, seed, signal, say } = options;
  const end = model.tokenizer.special.end ?? 0;
  const asked = items.flatMap((item) => {
    const prompt = questionTokens(model, item.question);
    return prompt.length + maxTokens <= model.config.positions ? [{ item, prompt }] : [];
  });
  if (asked.length < items.length) {
    say(`${items.length - asked.length} questions are too long for the student, and left out`);
  }
  const kept = options.journal && answersJournal(options.journal);
  const known = new Map(kept?.records.map((record) => [record.id, record.responses]));
  const open = asked.filter(({ item }) => !known.has(item.id));
  const longest = Math.max(0, ...open.map(({ prompt }) => prompt.length));
  const rollouts = llamaRollouts(model.config, longest + maxTokens);
  rollouts.load(model.params);
  try {
    for (let at = 0; at < open.length && !signal.aborted; at += together) {
      const part = open.slice(at, at + together);
      const responses: string[][] = part.map(() => []);
      for (let sample = 0; sample < samples; sample++) {
        const key = random.foldIn(random.foldIn(random.key(seed), `answers ${part[0]!.item.id}`), sample);
        const found = await rollouts.draw(
          part.map(({ prompt }) => prompt),
          { maxTokens, endTokens: [end], ...(sample > 0 && { sampling: { key, temperature } }) },
        );
        found.forEach(({ tokens }, i) => {
          responses[i]!.push(model.tokenizer.decode(tokens.filter((token) => token !== end)));
        });
      }
      part.forEach(({ item }, i) => {
        kept?.add({ id: item.id, responses: responses[i]! });
        known.set(item.id, responses[i]!);
      });
      say(`${Math.min(at + together, open.length)} of ${open.length} questions are answered`);
    }
  } finally {
    await rollouts.release();
  }
  return asked.flatMap(({ item }) => {
    const responses = known.get(item.id);
    return responses ? [{ item, answers: responses.map((response) => ({ id: item.id, response })) }] : [];
  });
}

const recordSchema = z.object({ id: z.string(), responses: z.array(z.string()) });

function answersJournal({ folder, facts }: { folder: string; facts: Record<string, string | number> }) {
  const path = join(folder, 'student-answers.jsonl');
  return openJournal(fs, path, {
    facts,
    record: recordSchema,
    otherwise: (others) =>
      new UserError(`these answers are of other questions or parameters: ${path}`, {
        detail: differences(others, facts).join('\n'),
        hint: 'choose another folder (--out), or delete this one to begin anew',
      }),
  });
}
