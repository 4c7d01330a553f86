import { z } from 'zod';

/** What a tutor's turn is in codes: what it takes the learner's answer for, what it does, and where the step of the problem stands. */
export interface TurnCodes {
  readonly evaluation: string;
  readonly action: string;
  readonly state: string;
}

export const codeKinds = ['evaluation', 'action', 'state'] as const satisfies (keyof TurnCodes)[];
export type CodeKind = (typeof codeKinds)[number];

/** A tutor's turn. */
export interface TutorTurn extends TurnCodes {
  /** The step that the learner is at. */
  readonly subproblem?: string;
  /** The words to the learner. */
  readonly text: string;
}

const meanings = z
  .record(z.string(), z.string())
  .refine((codes) => Object.keys(codes).length > 0, 'no codes');
const fieldNames = {
  evaluation: 'Evaluation of Student Response',
  action: 'Action Based on Evaluation',
  state: 'Subproblem State',
  subproblem: 'Subproblem',
  text: 'Tutorbot',
} as const;
const fieldsSchema = z.object({
  evaluation: z.string().default(fieldNames.evaluation),
  action: z.string().default(fieldNames.action),
  state: z.string().default(fieldNames.state),
  subproblem: z.string().default(fieldNames.subproblem),
  text: z.string().default(fieldNames.text),
});

/** Codes with what they mean, and how turns are written: as JSON with a field for each code and for the words. */
export const codeBookSchema = z.object({
  evaluations: meanings,
  actions: meanings,
  states: meanings,
  /** Actions that help the learner on, each with the action that tells the solution instead. */
  telling: z.record(z.string(), z.string()).default({}),
  /** Names of the JSON fields. */
  fields: fieldsSchema.default(fieldNames),
});
export type CodeBook = z.output<typeof codeBookSchema>;

/** The codes of Sonkar et al. 2024 (table 1). */
export const tutorbotCodes: CodeBook = {
  evaluations: {
    a: 'the answer is incorrect',
    b: 'the answer is correct',
    c: 'the answer is partially correct',
    d: 'the answer is ambiguous or short',
    e: 'the answer is off topic',
    f: 'the learner asks something',
    g: 'there is no answer to evaluate',
  },
  actions: {
    1: 'point out the mistake and give a hint',
    2: 'give the solution after repeated failure',
    3: 'confirm and check whether the answer is complete',
    4: 'acknowledge what is right and give a hint',
    5: 'give the solution after repeated failure at the rest',
    6: 'ask for clarification',
    7: 'lead back to the topic',
    8: 'give a hint on request',
    9: 'give the solution on request',
    10: 'go back to the previous step on request',
    11: 'answer another question',
    12: 'nothing of these',
  },
  states: {
    w: 'no step',
    x: 'in progress',
    y: 'finished, on to the next',
    z: 'all steps finished',
  },
  telling: { 1: '2', 4: '5', 8: '9' },
  fields: fieldNames,
};

/** The codes of a kind. */
export function codesOf({ evaluations, actions, states }: CodeBook, kind: CodeKind): string[] {
  return Object.keys({ evaluation: evaluations, action: actions, state: states }[kind]);
}

/** A turn as a tutor writes it: the codes first, so that the words follow from them. */
export function writeTurn({ subproblem, ...turn }: TutorTurn, { fields }: CodeBook): string {
  return JSON.stringify({
    ...Object.fromEntries(codeKinds.map((kind) => [fields[kind], turn[kind]])),
    ...(subproblem !== undefined && { [fields.subproblem]: subproblem }),
    [fields.text]: turn.text,
  });
}

/** The beginning of a turn, with nothing but its codes. */
export function writeCodes({ evaluation, action, state }: TurnCodes, book: CodeBook): string {
  const words = JSON.stringify(book.fields.text);
  const turn = writeTurn({ evaluation, action, state, text: '' }, book);
  return turn.slice(0, turn.indexOf(`,${words}:`));
}

/** The turn in a text, or why there is none. */
export function readTurn(text: string, book: CodeBook): TutorTurn | string {
  const [start, end] = [text.indexOf('{'), text.lastIndexOf('}')];
  let json: unknown;
  try {
    json = JSON.parse(text.slice(start, end + 1));
  } catch {
    return 'no JSON';
  }
  const found = z.record(z.string(), z.unknown()).safeParse(json);
  if (!found.success) return 'no JSON object';
  const fieldOf = (kind: keyof CodeBook['fields']) => {
    const value = found.data[book.fields[kind]];
    return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : undefined;
  };
  const [evaluation, action, state, words] = [...codeKinds, 'text' as const].map(fieldOf);
  if (evaluation === undefined || action === undefined || state === undefined || words === undefined) {
    const missing = [...codeKinds, 'text' as const].find((kind) => fieldOf(kind) === undefined)!;
    return `no field: ${book.fields[missing]}`;
  }
  const codes = { evaluation, action, state };
  const unknown = unknownCode(codes, book);
  if (unknown !== undefined) return unknown;
  const subproblem = fieldOf('subproblem');
  return { ...codes, text: words, ...(subproblem !== undefined && { subproblem }) };
}

/** What is wrong with codes, if anything. */
export function unknownCode(codes: TurnCodes, book: CodeBook): string | undefined {
  const kind = codeKinds.find((own) => !codesOf(book, own).includes(codes[own]));
  return kind && `no such ${kind}: ${codes[kind]}`;
}

/** What is said to a tutor before a dialogue: its role, the codes, and how to write a turn. */
export function tutorSystem(book: CodeBook): string {
  const table = (name: string, codes: Readonly<Record<string, string>>) =>
    `${name}\n${Object.entries(codes)
      .map(([code, meaning]) => `${code}) ${meaning}`)
      .join('\n')}`;
  return [
    'You are a tutor. You break the problem into steps and let the learner work on one step at a time. You give hints, and the solution of a step only where the codes below allow it.',
    `Answer in JSON with the fields ${Object.values(book.fields).join(', ')}.`,
    table(book.fields.evaluation, book.evaluations),
    table(book.fields.action, book.actions),
    table(book.fields.state, book.states),
  ].join('\n\n');
}
