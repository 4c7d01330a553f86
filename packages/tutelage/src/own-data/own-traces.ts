import { random } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import type { LevelChances } from '../curricula/trace-dropping.js';
import type { Tokenizer } from '../language/tokenizer/tokenizer.js';
import { trainByteBpe } from '../language/tokenizer/train.js';
import { longestLesson } from '../students/trace-student.js';
import {
  answerKind,
  type OwnTraces,
  sentenceKind,
  type TextStep,
  type TextTrace,
} from '../tasks/own-traces.js';
import type { DropTable, TracedExample, TraceMarks } from '../tasks/traces.js';
import { sameAnswer } from '../tasks/verifiable/answers.js';

export interface OwnTraceOptions {
  /** As `close=1,cost=2,create=3`; sentences of free text go by chance, at level 3, unless told. */
  readonly drop: string;
  readonly chances: LevelChances;
  readonly verifier: 'exact' | 'number';
  readonly vocabulary: number;
  /** Most tokens of a prompt, its trace and its answer. */
  readonly maxTokens: number;
  /** Share of the prompts to be tested on, where the data does not tell. */
  readonly heldOut: number;
  readonly seed: number;
}

/** The user's traces in tokens, divided. */
export interface OwnTraceTask {
  readonly tokenizer: Tokenizer;
  readonly marks: TraceMarks;
  readonly drop: DropTable;
  readonly train: readonly TracedExample[];
  /** Each prompt once. */
  readonly test: readonly TracedExample[];
}

/**
 * Makes a task of the user's traces: a tokenizer learned from those to learn on, a drop table, and a division by prompts.
 *
 * @param say hears of what is doubtful
 * @throws {UserError} where steps are not in the drop table, chances are no chances, a prompt is in both splits, or something is too long
 */
export function ownTraceTask(
  own: OwnTraces,
  options: OwnTraceOptions,
  say: (message: string) => void,
): OwnTraceTask {
  checkChances(options.chances, say);
  const drop = dropTable(own.traces, options.drop);
  const { train, test } = divided(own.traces, options);
  const tokenizer = trainByteBpe(train.map(textOf), { vocabulary: options.vocabulary });
  const encode = (text: string) => tokenizer.encodePlain(text);
  const stepStart = (kind: string) => encode(`\n${kind}:`);
  const answerStart = stepStart(answerKind);
  // A space before each part keeps words whole, and no part has a line end, so that only marks begin lines.
  const part = (text: string) => encode(` ${text.replace(/\s+/g, ' ').trim()}`);
  const isRight = own.isRight ?? verifiers[options.verifier];
  const exampleOf = (trace: TextTrace): TracedExample => ({
    id: trace.prompt,
    prompt: encode(trace.prompt),
    steps: trace.steps.map(({ kind, group, parts }) => ({
      group,
      parts: [
        { content: stepStart(kind) },
        ...parts.map(({ content, ...of }) => ({ ...of, content: part(content) })),
      ],
    })),
    answer: [...answerStart, ...encode(` ${trace.answer}`)],
    difficulty: trace.difficulty,
    judge(answer) {
      const text = tokenizer.decode(answer).trim();
      const valid = isRight(text, trace);
      return { formatted: text !== '', valid, quality: Number(valid) };
    },
  });
  const task = {
    tokenizer,
    marks: {
      step: stepStart(usualStart(train)),
      answer: answerStart,
      end: tokenizer.special.end ?? 0,
    },
    drop,
    train: train.map(exampleOf),
    test: test.map(exampleOf),
  };
  checkLengths([...task.train, ...task.test], options.maxTokens);
  return task;
}

const verifiers = {
  exact: (answer: string, trace: TextTrace) => answer === trace.answer,
  number: (answer: string, trace: TextTrace) => answer !== '' && sameAnswer(answer, trace.answer),
} satisfies Record<OwnTraceOptions['verifier'], OwnTraces['isRight']>;

function textOf({ prompt, steps, answer }: TextTrace): string {
  const lines = steps.map(({ kind, parts }) => `${kind}: ${parts.map(({ content }) => content).join(' ')}`);
  return [prompt, ...lines, `${answerKind}: ${answer}`].join('\n');
}

function checkChances(chances: LevelChances, say: (message: string) => void): void {
  const total = chances.reduce((a, b) => a + b);
  if (total > 1 + 1e-6) {
    throw new UserError(`chances of levels 1 to 4 are more than 1: ${total}`, {
      detail: chances.map((chance, i) => `level${i + 1}=${chance}`).join(', '),
      hint: 'what they leave of 1 is the chance of a complete trace',
    });
  }
  if (total > 1 - 1e-6) say('no complete trace is ever learned: do not rely on slow mode');
  if (chances[3] === 0) say('no answer is ever learned without a trace: do not rely on fast mode');
}

function dropTable(traces: readonly TextTrace[], told: string): DropTable {
  const entries = told.split(',').filter((entry) => entry.trim() !== '');
  const table: Record<string, number> = {};
  for (const entry of entries) {
    const [, group, level] = /^(.+)=\s*([1-4])\s*$/.exec(entry) ?? [];
    if (group === undefined) {
      throw new UserError(`not an entry of a drop table: ${entry.trim()}`, {
        hint: 'write it as kind=level, with a level from 1 to 4: drop=close=1,cost=2,create=3',
      });
    }
    table[group.trim()] = Number(level);
  }
  const groups = new Set(
    traces.flatMap(({ steps }) =>
      steps.flatMap(({ group, parts }) => [group, ...parts.flatMap((one) => one.group ?? [])]),
    ),
  );
  if (entries.length === 0 && groups.size === 1 && groups.has(sentenceKind)) return { [sentenceKind]: 3 };
  const missing = [...groups].filter((group) => !Object.hasOwn(table, group));
  if (missing.length > 0) {
    throw new UserError(`kinds of steps that are not in the drop table: ${missing.join(', ')}`, {
      hint: `say at which level each disappears: --set drop=${missing.map((group) => `${group}=3`).join(',')}`,
    });
  }
  return table;
}

/** Traces to learn on, and traces of other prompts to be tested on, each prompt once. */
function divided(traces: readonly TextTrace[], { heldOut, seed }: OwnTraceOptions) {
  const prompts = [...new Set(traces.map(({ prompt }) => prompt))];
  const told = traces.some(({ split }) => split === 'test');
  const held = told
    ? traces.filter(({ split }) => split === 'test').map(({ prompt }) => prompt)
    : random
        .stream(random.foldIn(random.key(seed), 'held out'))
        .shuffle(prompts)
        .slice(0, Math.ceil(heldOut * prompts.length));
  const tested = new Set(held);
  const isTest = ({ split, prompt }: TextTrace) => (told ? split === 'test' : tested.has(prompt));
  const train = traces.filter((trace) => !isTest(trace));
  const leak = train.find(({ prompt }) => tested.has(prompt));
  if (leak) {
    throw new UserError(`a prompt is both learned and tested on: ${leak.prompt.slice(0, 80)}`, {
      hint: 'put all traces of a prompt into one split',
    });
  }
  if (train.length === 0) throw new UserError(`too few prompts: ${prompts.length}`, { hint: 'give more' });
  const first = new Map(
    traces
      .filter(isTest)
      .toReversed()
      .map((trace) => [trace.prompt, trace]),
  );
  const test = [...first.values()].toReversed();
  return { train, test };
}

/** The kind that most traces begin with: what slow mode begins with. */
function usualStart(traces: readonly TextTrace[]): string {
  const counts = new Map<string, number>();
  for (const [first] of traces.map(({ steps }): readonly (TextStep | undefined)[] => steps)) {
    if (first) counts.set(first.kind, (counts.get(first.kind) ?? 0) + 1);
  }
  const [most] = [...counts].sort((a, b) => b[1] - a[1]);
  if (!most)
    throw new UserError('no trace has a step', { hint: 'there is nothing to drop: use another method' });
  return most[0];
}

function checkLengths(examples: readonly TracedExample[], maxTokens: number): void {
  const long = examples.filter((example) => longestLesson([example]) > maxTokens);
  if (long.length === 0) return;
  throw new UserError(`${long.length} of ${examples.length} traces are longer than ${maxTokens} tokens`, {
    detail: `the longest has ${longestLesson(long)}`,
    hint: 'make maxTokens greater, or leave them out: nothing is cut, since that would cut answers off',
  });
}
