import { random } from '@tutelage/engine';
import { nearNames } from '../core/near-names.js';
import type { SkillMistake } from '../curricula/skill-profile.js';
import { consistent, type SkillNeed } from '../curricula/skill-targeted.js';
import type { CappedResponder } from '../language/capped-responder.js';
import type { ChatMessage } from '../language/chat/format.js';
import type { SkillItem } from '../tasks/skill-items.js';
import { finalAnswer, sameAnswer } from '../tasks/verifiable/answers.js';
import { askJson, type JsonQuestion } from './ask-json.js';
import {
  catalogueQuestion,
  labelQuestion,
  missingQuestion,
  proposalQuestion,
  solvingMessages,
  writingQuestion,
} from './skill-prompts.js';

/** What a teacher's answers had to be mended for. */
export interface SkillCounts {
  /** Items that got no readable answer in two tries. */
  skipped: number;
  /** Names of skills that the catalogue lacks: taken for the nearest, or dropped. */
  renamed: number;
  dropped: number;
  /** Mistakes in which no skill was missing. */
  blameless: number;
  /** New questions whose solutions did not agree. */
  disputed: number;
}

/** A language model that knows the skills of a subject. */
export interface SkillTeacher {
  readonly model: CappedResponder;
  /** Most tokens of an answer, and of a solution. */
  readonly maxTokens: number;
  readonly counts: SkillCounts;
  readonly signal: AbortSignal;
  say(message: string): void;
}

export const noCounts = (): SkillCounts => ({
  skipped: 0,
  renamed: 0,
  dropped: 0,
  blameless: 0,
  disputed: 0,
});

/** Questions from which a catalogue is proposed: more add little, and a model can read no more names at once. */
const mostProposals = 100;

/** A catalogue of the skills of some questions: proposed for a sample of them, then merged. */
export async function proposeCatalogue(
  teacher: SkillTeacher,
  items: readonly SkillItem[],
  most: number,
  key: random.Key,
): Promise<string[]> {
  const sample = random.stream(key).shuffle(items).slice(0, mostProposals);
  teacher.say(`skills are proposed for ${sample.length} questions`);
  const proposed = await askSkills(teacher, sample.map(proposalQuestion));
  const distinct = [...new Set(proposed.flatMap((names) => names ?? []).map((name) => name.toLowerCase()))];
  if (distinct.length <= most) return distinct;
  const [merged] = await askSkills(teacher, [catalogueQuestion(distinct, most)]);
  return [...new Set(merged ?? distinct)].slice(0, most);
}

/** Items with their skills. Those that have some keep them. */
export async function labelSkills<T extends SkillItem>(
  teacher: SkillTeacher,
  items: readonly T[],
  catalogue: readonly string[],
): Promise<T[]> {
  const open = items.filter(({ skills }) => skills.length === 0);
  if (open.length > 0) teacher.say(`${open.length} questions are labelled`);
  const found = await askSkills(
    teacher,
    open.map((item) => labelQuestion(item, catalogue)),
  );
  const named = new Map(open.map(({ id }, i) => [id, known(found[i] ?? [], catalogue, teacher.counts)]));
  return items.map((item) => ({ ...item, skills: named.get(item.id) ?? item.skills }));
}

/** Which skills each failed answer missed. */
export async function missingSkills(
  teacher: SkillTeacher,
  failed: readonly { readonly item: SkillItem; readonly response: string }[],
  { catalogue, most }: { readonly catalogue: readonly string[]; readonly most: number },
): Promise<SkillMistake[]> {
  teacher.say(`${failed.length} mistakes are looked at`);
  const choices = failed.map(({ item }) => (item.skills.length > 0 ? item.skills : catalogue));
  const found = await askSkills(
    teacher,
    failed.map(({ item, response }, i) => missingQuestion(item, response, choices[i]!, most)),
  );
  return found.flatMap((names, i) => {
    if (!names) return [];
    if (names.length === 0) teacher.counts.blameless++;
    const missing = known(names, choices[i]!, teacher.counts).slice(0, most);
    return [{ question: failed[i]!.item.id, missing }];
  });
}

/** A new question with a solution, and what it was written for. */
export interface WrittenItem extends SkillItem {
  readonly solution: string;
  readonly need: SkillNeed;
}

/**
 * New questions for mistakes and skills, with the teacher's own solutions: of each question those that agree in their final answer.
 *
 * @param pool the examples that the needs speak of
 */
export async function writeExamples(
  teacher: SkillTeacher,
  needs: readonly SkillNeed[],
  pool: readonly SkillItem[],
  options: { readonly write: number; readonly solutions: number; readonly agree: number },
): Promise<WrittenItem[]> {
  const { write, solutions, agree } = options;
  teacher.say(`questions are written for ${needs.length} mistakes and skills`);
  const texts = await askSkills(
    teacher,
    needs.map(({ skill, examples }) =>
      writingQuestion(
        skill,
        examples.map((at) => pool[at]!),
        write,
      ),
    ),
  );
  const drafts = texts.flatMap((questions, i) =>
    (questions ?? []).slice(0, write).map((question) => ({ question, need: needs[i]! })),
  );
  const conversations = drafts.map(({ question }) => solvingMessages(question));
  const trials: (string | undefined)[][] = [];
  for (let trial = 0; trial < solutions; trial++) {
    teacher.say(`${drafts.length} new questions are solved, ${trial + 1} of ${solutions}`);
    trials.push(await sampled(teacher, conversations, trial));
  }
  return drafts.flatMap(({ question, need }, i) => {
    const solved = trials.flatMap((own) => {
      const solution = own[i];
      const answer = solution === undefined ? undefined : finalAnswer(solution);
      return solution === undefined || answer === undefined ? [] : [{ solution, answer }];
    });
    const kept = consistent(solved, agree, (a, b) => sameAnswer(a.answer, b.answer));
    if (kept.length === 0) teacher.counts.disputed++;
    return kept.map((at) => ({
      id: `written:${i + 1}`,
      question,
      ...solved[at]!,
      skills: [need.skill],
      need,
    }));
  });
}

const temperature = 0.7;

async function sampled(
  { model, maxTokens, signal }: SkillTeacher,
  conversations: readonly (readonly ChatMessage[])[],
  trial: number,
): Promise<(string | undefined)[]> {
  const replies = await model.respond(conversations, { maxTokens, sample: { temperature, trial }, signal });
  return replies.map((reply) => (reply.kind === 'text' ? reply.text : undefined));
}

/** Asks for JSON, and once again where an answer is none; undefined where the second is none either, or there is no answer at all. */
function askSkills<T>(
  { model, maxTokens, counts, signal }: SkillTeacher,
  questions: readonly JsonQuestion<T>[],
): Promise<(T | undefined)[]> {
  return askJson(model, questions, { tries: 2, maxTokens, signal, onUnreadable: () => counts.skipped++ });
}

/** Names as the catalogue has them: unknown ones are taken for the nearest, or dropped. */
function known(said: readonly string[], catalogue: readonly string[], counts: SkillCounts): string[] {
  const exact = new Map(catalogue.map((name) => [name.toLowerCase(), name]));
  const found = said.flatMap((name) => {
    const own = exact.get(name.trim().toLowerCase());
    if (own !== undefined) return [own];
    const [nearest] = nearNames(name, catalogue);
    if (nearest === undefined) counts.dropped++;
    else counts.renamed++;
    return nearest ?? [];
  });
  return [...new Set(found)];
}
