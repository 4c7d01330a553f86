import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { z } from 'zod';
import { argMax } from '../assessment/probabilities.js';
import { UserError } from '../core/errors.js';
import type { MethodContext } from '../core/method.js';
import { shuffled } from '../curricula/weighted-draw.js';
import { type CausalModel, saveCausalModel } from '../language/causal-model.js';
import { writeFileAtomic } from '../runs/atomic.js';
import { nodeFileSystem as fs } from '../runs/file-system.js';
import { differences, type Facts, openJournal } from '../runs/journal.js';
import type { ClassifierStudent } from '../students/classifier.js';
import { classifierLearner } from '../students/classifier-learner.js';
import { predictor } from '../students/predictor.js';
import { shipStudent } from '../students/ship.js';
import { textNano } from '../students/text-nano.js';
import { version } from '../students/version.js';
import { isParsable, isRightResponse, type PracticeItem } from '../tasks/practice-items.js';
import type { GymState } from './gym-report.js';
import type { SkilledItem } from './gym-skills.js';
import type { OwnGym } from './own-gym.js';
import { modelAnswers } from './own-skill-gaps.js';
import { type FineTuning, fineTuned } from './skill-job.js';

/** A student that learns from items: the weights of it are an `S`. */
interface GymStudent<S> {
  base(): Promise<S>;
  /** One taught items, from weights of its kind. */
  taught(items: readonly PracticeItem[], from: S): Promise<S>;
  /** A response to each question, in their order; an empty one to what is too long for it. */
  answers(student: S, questions: readonly PracticeItem[]): Promise<string[]>;
  /** Writes one as a folder to ship. */
  save(student: S, folder: string): Promise<void>;
}

/** A language model, which answers in its own words. */
function languageStudent(
  model: CausalModel,
  settings: FineTuning,
  context: MethodContext,
): GymStudent<CausalModel> {
  return {
    base: async () => model,
    taught: (items, from) =>
      fineTuned(
        from,
        items.map(({ question, solution, answer }) => ({ question, solution: learned(solution, answer) })),
        settings,
        'student',
        context,
      ),
    async answers(student, questions) {
      const asked = questions.map(({ id, question }) => ({ id, question, skills: [] }));
      const found = await modelAnswers(student, asked, { ...settings, samples: 1, ...context });
      const byId = new Map(found.map(({ item, answers }) => [item.id, answers[0]!.response]));
      return questions.map(({ id }) => byId.get(id) ?? '');
    },
    save: saveCausalModel,
  };
}

/** What is to be said: the reasoning, and the answer where it does not end with that already. */
function learned(solution: string | undefined, answer: string): string {
  if (solution === undefined) return answer;
  return solution.trimEnd().endsWith(answer) ? solution : `${solution} The answer is ${answer}`;
}

/** So few items are too few for the passes of a plan to teach anything. */
const leastUpdates = 60;

/**
 * A small text classifier, whose labels are the answers. Its base weights were taught the examples; whatever is taught later is beside
 * them.
 */
function classifierStudent(
  labels: readonly string[],
  { examples, validation, test, hash }: OwnGym,
  { seed, signal }: MethodContext,
): GymStudent<ClassifierStudent<string>> {
  const classOf = ({ answer }: PracticeItem) => labels.indexOf(answer);
  const learn = async (from: ClassifierStudent<string>, items: readonly PracticeItem[]) => {
    const { batchSize, learningRate, epochs } = from.plan;
    const learner = classifierLearner(from, { learningRate, seed });
    const passes = Math.max(epochs, Math.ceil(leastUpdates / Math.ceil(items.length / batchSize)));
    for (let pass = 0; pass < passes && !signal.aborted; pass++) {
      const order = shuffled(items.length, random.foldIn(random.key(seed), pass));
      for (let at = 0; at < order.length && !signal.aborted; at += batchSize) {
        const rows = order.slice(at, at + batchSize).map((row) => items[row]!);
        await learner.learn(
          rows.map(({ question }) => question),
          rows.map(classOf),
        );
      }
    }
    const { params, statistics } = learner.trained();
    await learner.dispose();
    return { ...from, net: { ...from.net, params, statistics } };
  };
  const raised = async () => {
    const questions = examples.map(({ question }) => question);
    return learn(await textNano.create(questions, labels, random.key(seed)), examples);
  };
  let base: ReturnType<typeof raised> | undefined;
  return {
    base() {
      base ??= raised();
      return base;
    },
    taught: (items, from) => learn(from, [...examples, ...items]),
    async answers(student, questions) {
      const model = predictor(student, student.net, { threads: 1 });
      const logits = await model.predict(questions.map(({ question }) => question));
      await model.dispose();
      return logits.map((row) => labels[argMax(row)]!);
    },
    async save(student, folder) {
      const { params, statistics } = student.net;
      const inputs = validation.map(({ question }) => question);
      await shipStudent({
        folder,
        input: 'text',
        student,
        trained: { params, statistics },
        validation: { inputs, classes: validation.map(classOf) },
        facts: {
          name: `${student.preset} taught by written items`,
          data: {
            name: 'examples',
            hash,
            train: examples.length,
            validation: inputs.length,
            test: test.length,
          },
          metrics: [],
          warnings: [],
        },
        threads: 1,
      });
    },
  };
}

/**
 * The user's student before any teaching, whose descendants keep what they said in the folder.
 *
 * @throws {UserError} when the folder holds responses of other data or parameters
 */
export function ownStudent(own: OwnGym, settings: FineTuning, context: MethodContext): KeptStudent {
  const { folder, seed, signal } = context;
  const { passes, batchSize, learningRate, loraRank, maxTokens } = settings;
  const facts = { data: own.hash, seed, passes, batchSize, learningRate, loraRank, maxTokens };
  const { student } = own;
  return student.kind === 'model'
    ? keptStudent(languageStudent(student.model, settings, context), { folder, facts, signal })
    : keptStudent(classifierStudent(student.labels, own, context), { folder, facts, signal });
}

/** A student of which is kept what it said: it is only made when something new is asked of it. */
export interface KeptStudent {
  /** Equal for students that were taught the same. */
  readonly key: string;
  answers(questions: readonly PracticeItem[]): Promise<string[]>;
  taught(items: readonly PracticeItem[]): KeptStudent;
  /**
   * Writes it as a folder to ship, unless it is what is there.
   *
   * @param remake teaches it again if it is no longer in memory; if not, nothing is written then
   */
  save(folder: string, remake: boolean): Promise<void>;
}

/**
 * Stops before anything is spent on a teacher where a student's responses can't be judged.
 *
 * @throws {UserError} when none holds a final answer and none is right
 */
export function checkParsable(questions: readonly PracticeItem[], responses: readonly string[]): void {
  const isJudged = (item: PracticeItem, i: number) =>
    isParsable(item, responses[i]!) || isRightResponse(item, responses[i]!);
  if (questions.some(isJudged)) return;
  throw new UserError("no answer of the student's can be judged", {
    detail: `to question ${questions[0]!.id} it said: ${responses[0]!.slice(0, 200) || '(nothing)'}`,
    hint: 'teach it the form of answers first, or choose a checker that fits it (answer, exact, pattern)',
  });
}

/** How a student does on the questions that the teacher may see, and on those that it may not. */
export async function gymState(
  student: KeptStudent,
  validation: readonly SkilledItem[],
  test: readonly PracticeItem[],
): Promise<GymState> {
  const said = await student.answers(validation);
  const tested = await student.answers(test);
  return {
    student,
    completed: validation.map((item, i) => ({
      item,
      response: said[i]!,
      isRight: isRightResponse(item, said[i]!),
    })),
    test: test.map((item, i) => isRightResponse(item, tested[i]!)),
  };
}

const recordSchema = z.object({ key: z.string(), responses: z.array(z.string()) });

/**
 * The base of a student whose descendants are known by what they were taught. Responses are kept in `responses.jsonl`, so that the same
 * command goes on where it was interrupted.
 *
 * @param facts all that responses depend on beside the items
 */
function keptStudent<S>(
  student: GymStudent<S>,
  { folder, facts, signal }: { readonly folder: string; readonly facts: Facts; readonly signal: AbortSignal },
): KeptStudent {
  const path = join(folder, 'responses.jsonl');
  const now = { ...facts, version };
  const journal = openJournal(fs, path, {
    facts: now,
    record: recordSchema,
    otherwise: (others) =>
      new UserError(`these responses are of other data or parameters: ${path}`, {
        detail: differences(others, now).join('\n'),
        hint: 'choose another folder (--out), or delete this one to begin anew',
      }),
  });
  const known = new Map(journal.records.map(({ key, responses }) => [key, responses]));
  // Only the latest weights stay in memory.
  let last: { readonly key: string; readonly made: Promise<S> } | undefined;
  const kept = (key: string, make: () => Promise<S>): KeptStudent => {
    const made = async () => {
      if (last?.key !== key) last = { key, made: make() };
      const weights = await last.made;
      signal.throwIfAborted();
      return weights;
    };
    return {
      key,
      async answers(questions) {
        if (questions.length === 0) return [];
        const place = hashOf([key, questions.map(({ question }) => question)]);
        const before = known.get(place);
        if (before) return before;
        const responses = await student.answers(await made(), questions);
        signal.throwIfAborted();
        journal.add({ key: place, responses });
        known.set(place, responses);
        return responses;
      },
      taught(items) {
        const lessons = items.map(({ question, solution, answer }) => [question, solution, answer]);
        return kept(hashOf([key, lessons]), async () => student.taught(items, await made()));
      },
      async save(to, remake) {
        const mark = `${to}.key`;
        const isThere = fs.kind(mark) === 'file' && Buffer.from(fs.read(mark)).toString() === key;
        if (isThere || !(remake || last?.key === key)) return;
        await student.save(await made(), to);
        writeFileAtomic(fs, mark, key);
      },
    };
  };
  return kept('base', () => student.base());
}

function hashOf(what: unknown): string {
  return createHash('sha256').update(JSON.stringify(what)).digest('hex');
}
