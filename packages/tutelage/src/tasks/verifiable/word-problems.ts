import { random } from '@tutelage/engine';
import type { Example } from '../../core/example.js';
import { events, openings, people, questions, things } from './word-problem-patterns.js';
import { filled, type Pattern, type Share, templatesFor } from './wording.js';
import type { Worked } from './worked.js';

export interface WordProblemOptions {
  /** Operations to the answer, 1 to 6: the difficulty. */
  readonly operations: number;
  /** The wording is drawn from the templates to learn from or from those held out. */
  readonly share: Share;
  /** Skills to choose from; all unless told. */
  readonly skills?: readonly WordProblemSkill[];
}

type Operator = '+' | '-' | '*' | '/';

interface Skill {
  readonly operator: Operator;
  readonly patterns: readonly Pattern[];
}

const eventSkills = {
  gain: { operator: '+', patterns: events.gain },
  loss: { operator: '-', patterns: events.loss },
  times: { operator: '*', patterns: events.times },
  share: { operator: '/', patterns: events.share },
} as const satisfies Record<string, Skill>;

const questionSkills = {
  together: { operator: '+', patterns: questions.together },
  more: { operator: '+', patterns: questions.more },
  fewer: { operator: '-', patterns: questions.fewer },
  difference: { operator: '-', patterns: questions.difference },
  price: { operator: '*', patterns: questions.price },
} as const satisfies Record<string, Skill>;

export type WordProblemSkill = 'groups' | keyof typeof eventSkills | keyof typeof questionSkills;

/** What a problem can exercise, in the order of a story: how it opens, what happens, what is asked. */
export const wordProblemSkills: readonly WordProblemSkill[] = [
  'groups',
  ...(Object.keys(eventSkills) as (keyof typeof eventSkills)[]),
  ...(Object.keys(questionSkills) as (keyof typeof questionSkills)[]),
];

/** No number in a problem is greater. */
export const largestNumber = 100;

/** The words of all problems of a share, for a vocabulary. */
export function wordProblemTemplates(share: Share): readonly string[] {
  return [openings, events, questions].flatMap((kinds) =>
    Object.values<readonly Pattern[]>(kinds).flatMap((patterns) => templatesFor(patterns, share)),
  );
}

/**
 * A word problem: somebody has a quantity, which changes event by event until something is asked of it. Steps read as `12 + 5 = 17`.
 *
 * @param key all that is drawn depends on it
 * @throws {RangeError} for less than one operation or more than six, or where no story has the skills asked for
 */
export function wordProblem(
  { operations, share, skills = wordProblemSkills }: WordProblemOptions,
  key: random.Key,
): Example<string, Worked> {
  if (!(Number.isInteger(operations) && operations >= 1 && operations <= 6)) {
    throw new RangeError(`a word problem has 1 to 6 operations: ${operations}`);
  }
  for (let attempt = 0; attempt < 1000; attempt++) {
    const dice = random.stream(random.foldIn(key, attempt));
    const story = plot(operations, skills, dice);
    const quantities = story && numbersFor(story, dice);
    if (quantities) return told(story, quantities, share, dice, `${key.hi}-${key.lo}`);
  }
  throw new RangeError(`no story of ${operations} operations with these skills: ${skills.join(', ')}`);
}

/** Which skills a story exercises, in its order. */
interface Story {
  readonly groups: boolean;
  readonly events: readonly (keyof typeof eventSkills)[];
  readonly question: keyof typeof questionSkills | 'left';
}

function plot(
  operations: number,
  allowed: readonly WordProblemSkill[],
  dice: random.Stream,
): Story | undefined {
  const within = <S extends string>(all: Readonly<Record<S, Skill>>) =>
    (Object.keys(all) as S[]).filter((skill) => (allowed as readonly string[]).includes(skill));
  const [happening, asking] = [within(eventSkills), within(questionSkills)];
  const groups = allowed.includes('groups') && dice.uniform() < 1 / 3;
  const question = asking.length > 0 && dice.uniform() < 1 / 2 ? dice.pick(asking) : 'left';
  const rest = operations - Number(groups) - Number(question !== 'left');
  if (rest < 0 || (rest > 0 && happening.length === 0)) return undefined;
  return { groups, events: Array.from({ length: rest }, () => dice.pick(happening)), question };
}

/** The first quantity, or the two it is made of, then the number of each step. */
interface Quantities {
  readonly first: readonly number[];
  readonly steps: readonly { readonly operator: Operator; readonly by: number }[];
}

const between = (dice: random.Stream, low: number, high: number): number =>
  low + dice.integer(high - low + 1);

/** Numbers with which all of the story stays within 1 to {@link largestNumber}; none if this draw finds none. */
function numbersFor(
  { groups, events: happening, question }: Story,
  dice: random.Stream,
): Quantities | undefined {
  const first = groups ? [between(dice, 2, 10), between(dice, 2, 10)] : [between(dice, 2, 50)];
  const skills: Skill[] = happening.map((event) => eventSkills[event]);
  if (question !== 'left') skills.push(questionSkills[question]);
  const steps: { operator: Operator; by: number }[] = [];
  let quantity = first.reduce((a, b) => a * b);
  for (const { operator } of skills) {
    const by = operandFor(operator, quantity, dice);
    if (by === undefined) return undefined;
    steps.push({ operator, by });
    quantity = apply(operator, quantity, by);
  }
  return { first, steps };
}

function operandFor(operator: Operator, quantity: number, dice: random.Stream): number | undefined {
  if (operator === '+')
    return quantity + 2 > largestNumber
      ? undefined
      : between(dice, 2, Math.min(30, largestNumber - quantity));
  if (operator === '-') return quantity < 4 ? undefined : between(dice, 2, Math.min(30, quantity - 1));
  const factors = Array.from({ length: 9 }, (_, i) => i + 2).filter((n) =>
    operator === '*' ? n * quantity <= largestNumber : quantity % n === 0 && quantity > n,
  );
  return factors.length === 0 ? undefined : dice.pick(factors);
}

function apply(operator: Operator, a: number, b: number): number {
  if (operator === '+') return a + b;
  if (operator === '-') return a - b;
  return operator === '*' ? a * b : a / b;
}

function told(
  { groups, events: happening, question }: Story,
  { first, steps }: Quantities,
  share: Share,
  dice: random.Stream,
  id: string,
): Example<string, Worked> {
  const [one, two] = dice.shuffle(people) as [(typeof people)[number], (typeof people)[number]];
  const many = dice.pick(things);
  const story = { name: one.name, they: one.they, other: two.name, things: many, thing: many.slice(0, -1) };
  const say = (patterns: readonly Pattern[], values: Readonly<Record<string, number>>) =>
    filled(dice.pick(templates(patterns, share)), { ...story, ...values });
  const opening = groups
    ? say(openings.groups, { a: first[0]!, b: first[1]! })
    : say(openings.number, { a: first[0]! });
  const middle = happening.map((event, i) => say(events[event], { n: steps[i]!.by }));
  const asked =
    question === 'left' ? say(questions.left, {}) : say(questions[question], { n: steps.at(-1)!.by });

  let quantity = first[0]!;
  const all = groups ? [{ operator: '*' as const, by: first[1]! }, ...steps] : steps;
  const lines = all.map(({ operator, by }) => {
    const result = apply(operator, quantity, by);
    const line = `${quantity} ${operator} ${by} = ${result}`;
    quantity = result;
    return line;
  });
  return {
    id,
    input: [opening, ...middle, asked].join(' '),
    target: { steps: lines, answer: String(quantity) },
    skills: [...(groups ? ['groups'] : []), ...happening, ...(question === 'left' ? [] : [question])],
    difficulty: all.length,
  };
}

const known = new Map<readonly Pattern[], Record<Share, readonly string[]>>();

function templates(patterns: readonly Pattern[], share: Share): readonly string[] {
  let both = known.get(patterns);
  if (!both) {
    both = { train: templatesFor(patterns, 'train'), test: templatesFor(patterns, 'test') };
    known.set(patterns, both);
  }
  return both[share];
}
