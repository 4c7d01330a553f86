import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { random } from '@tutelage/engine';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { type CausalModel, openCausalModel } from '../language/causal-model.js';
import type { Lesson } from '../language/lessons.js';
import { type PromptRow, readPlan, readPrompts } from '../tasks/language-files.js';

/** How answers of an ability are judged: as texts, by the number at their end, or by the log-loss of right answers. */
export const scorers = ['exact', 'number', 'nats'] as const;

/** A set of data for one ability, with the texts of its items. */
export interface OwnAbility {
  readonly name: string;
  readonly kind: 'special' | 'general';
  readonly scorer: (typeof scorers)[number];
  readonly rows: readonly Required<PromptRow>[];
  /** Items to be tested on alone, where there is a file of them. */
  readonly test: readonly Required<PromptRow>[] | undefined;
}

/** What a user gives to teach one model several abilities. */
export interface OwnAbilities {
  readonly model: CausalModel;
  readonly sets: readonly OwnAbility[];
  /** SHA-256 of all files. */
  readonly hash: string;
}

const planSchema = z.object({
  model: z.string(),
  sets: z.array(
    z.object({
      name: z.string().min(1),
      file: z.string(),
      kind: z.enum(['special', 'general']),
      scorer: z.enum(scorers).optional(),
      test: z.string().optional(),
    }),
  ),
});

/**
 * Reads a JSON file that names a model (a LLaMA model: a folder as Hugging Face lays it out, or a GGUF file) and two or more sets of prompts
 * with answers.
 *
 * @throws {UserError} where something can't be read, with one set alone, without a general set, for a set without a scorer, and where sets
 *   have different answers to the same prompt
 */
export async function readOwnAbilities(path: string): Promise<OwnAbilities> {
  const { plan, at } = await readPlan(path, planSchema);
  if (plan.sets.length < 2) {
    throw new UserError(`only one data set given: ${path}`, {
      hint: 'with one set there is nothing to forget: tutelage tune MODEL DATA teaches it',
    });
  }
  for (const kind of ['general', 'special'] as const) {
    if (plan.sets.some((set) => set.kind === kind)) continue;
    throw new UserError(`no ${kind} set tagged: ${path}`, {
      hint: `set "kind": "${kind}" for one of the sets`,
    });
  }
  const twice = plan.sets.find(({ name }, i) => plan.sets.findIndex((set) => set.name === name) < i);
  if (twice) throw new UserError(`two sets have one name: ${twice.name}`);
  const hash = createHash('sha256');
  const answered = async (file: string): Promise<Required<PromptRow>[]> => {
    hash.update(readFileSync(at(file)));
    const { rows } = await readPrompts(at(file));
    const found = rows.filter((row): row is Required<PromptRow> => row.answer !== undefined);
    if (found.length > 0) return found;
    throw new UserError(`no answers: ${at(file)}`, { hint: 'name a column of them answer or response' });
  };
  const sets: OwnAbility[] = [];
  for (const { name, file, kind, scorer, test } of plan.sets) {
    if (scorer === undefined) {
      throw new UserError(`no scorer for ability ${name}: ${path}`, {
        hint: `set "scorer" to one of ${scorers.join(', ')}`,
      });
    }
    const rows = await answered(file);
    sets.push({ name, kind, scorer, rows, test: test === undefined ? undefined : await answered(test) });
  }
  needAgreement(sets);
  return { model: await openCausalModel(at(plan.model)), sets, hash: hash.digest('hex') };
}

/** Two sets that answer the same prompts differently can't both be learned. */
function needAgreement(sets: readonly OwnAbility[]): void {
  sets.forEach((set, i) => {
    const own = new Map(set.rows.map(({ prompt, answer }) => [prompt, answer]));
    for (const other of sets.slice(0, i)) {
      const conflicts = other.rows.filter(
        ({ prompt, answer }) => own.has(prompt) && own.get(prompt) !== answer,
      );
      if (conflicts.length === 0) continue;
      throw new UserError(
        `set ${other.name} and set ${set.name} share ${conflicts.length} identical prompts with different answers`,
        {
          detail: conflicts
            .slice(0, 3)
            .map(
              ({ prompt, answer }) =>
                `${JSON.stringify(prompt)}: ${JSON.stringify(answer)} and ${JSON.stringify(own.get(prompt))}`,
            )
            .join('\n'),
          hint: 'remove them from one set, or begin the prompts of each set with words of its own',
        },
      );
    }
  });
}

/** An ability's items in tokens. */
export interface AbilityLessons extends Pick<OwnAbility, 'name' | 'kind' | 'scorer'> {
  readonly learned: readonly Lesson[];
  readonly tests: readonly Lesson[];
}

export interface AbilitySplit {
  /** Share of a set that is only tested on, where it has no file for that. */
  readonly heldOut: number;
  /** Most tokens of a prompt and its answer. */
  readonly maxTokens: number;
  readonly seed: number;
}

/**
 * Splits the sets, in tokens.
 *
 * @param say hears how many items are left out, and what share of the tokens each set has
 * @throws {UserError} when nothing is left of a set
 */
export function abilityLessons(
  { model: { tokenizer }, sets }: OwnAbilities,
  { heldOut, maxTokens, seed }: AbilitySplit,
  say: (message: string) => void,
): AbilityLessons[] {
  const end = tokenizer.special.end ?? 0;
  const lesson = ({ prompt, answer }: Required<PromptRow>): Lesson => ({
    prompt: tokenizer.encodePlain(prompt),
    answer: [...tokenizer.encodePlain(answer), end],
  });
  const found = sets.map(({ name, kind, scorer, rows, test }): AbilityLessons => {
    const all = [...rows, ...(test ?? [])].map(lesson);
    const short = (own: readonly Lesson[]) =>
      own.filter(({ prompt, answer }) => prompt.length + answer.length <= maxTokens);
    const left = all.length - short(all).length;
    if (left > 0) say(`${name}: ${left} items are longer than ${maxTokens} tokens, and left out`);
    const dice = random.stream(random.foldIn(random.key(seed), `items of ${name}`));
    const own = dice.shuffle(short(all.slice(0, rows.length)));
    const cut = test ? 0 : Math.max(1, Math.round(heldOut * own.length));
    const [learned, tests] = [own.slice(cut), test ? short(all.slice(rows.length)) : own.slice(0, cut)];
    if (learned.length > 0 && tests.length > 0) return { name, kind, scorer, learned, tests };
    throw new UserError(
      `too few items: ${learned.length} to learn and ${tests.length} to test on in ${name}`,
    );
  });
  const tokens = found.map(({ learned }) => learned.reduce((sum, { answer }) => sum + answer.length, 0));
  const total = tokens.reduce((a, b) => a + b);
  const shares = found.map(({ name }, i) => `${name} ${Math.round((100 * tokens[i]!) / total)} %`);
  say(`share of the tokens that are learned: ${shares.join(', ')}`);
  return found;
}
