import { spawn } from 'node:child_process';
import { z } from 'zod';
import { UserError } from '../core/errors.js';

/** Runs one exercise with its values set, and returns the reward. When `signal` is aborted, what it returns is not used. */
export type Exerciser = (values: Readonly<Record<string, number>>, signal: AbortSignal) => Promise<number>;

export const exerciserSchema = z.strictObject({
  /** A program and its arguments. */
  command: z.array(z.string()).min(1).optional(),
  /** An HTTP endpoint. */
  url: z.url({ protocol: /^https?$/ }).optional(),
});

/** What runs an exercise by a command or, without one, by an endpoint; undefined where there is neither. */
export function toExerciser({ command, url }: z.output<typeof exerciserSchema>): Exerciser | undefined {
  if (command) return byCommand(command);
  return url === undefined ? undefined : byEndpoint(url);
}

/**
 * A program that gets the values as a line of JSON and prints the reward as the last line of its output.
 *
 * @returns an exerciser that throws a {@link UserError} when the program can't be run, fails, or prints no finite number
 */
function byCommand(command: readonly string[]): Exerciser {
  const [program, ...args] = command;
  return async (values, signal) => {
    const task = JSON.stringify(values);
    const fail = (problem: string): never => {
      throw new UserError(`${problem}: ${command.join(' ')}`, { detail: `exercise ${task}` });
    };
    const child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'inherit'], signal });
    // A program that does not read what it is given closes the pipe: that is no fault.
    child.stdin.on('error', () => {});
    child.stdin.end(`${task}\n`);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    }).catch((error: Error) => (signal.aborted ? null : fail(error.message)));
    if (signal.aborted) return Number.NaN;
    if (code !== 0) fail(`the exercise ended with ${code ?? 'a signal'}`);
    const last = output.trimEnd().split('\n').at(-1)!;
    return last.trim() === ''
      ? fail('no reward: nothing was printed')
      : (toReward(last) ?? fail(`no reward: ${last.slice(0, 80)}`));
  };
}

/**
 * An endpoint that gets the values as JSON and answers with the reward: a number, or an object with one under `reward`.
 *
 * @returns an exerciser that throws a {@link UserError} when the endpoint can't be reached, refuses, or answers with no finite number
 */
function byEndpoint(url: string): Exerciser {
  return async (values, signal) => {
    const body = JSON.stringify(values);
    const fail = (problem: string): never => {
      throw new UserError(`${problem}: ${url}`, {
        detail: `exercise ${body}`,
        hint: 'the same command goes on',
      });
    };
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body, signal }).catch((error: Error) =>
      signal.aborted
        ? undefined
        : fail(`no answer: ${(error.cause as Error | undefined)?.message ?? error.message}`),
    );
    const text = await response?.text().catch(() => '');
    if (!response || text === undefined || signal.aborted) return Number.NaN;
    if (!response.ok) return fail(`the exercise answered ${response.status}`);
    return toReward(text) ?? fail(`no reward: ${text.slice(0, 80) || 'the answer is empty'}`);
  };
}

const answerSchema = z.union([
  z.number(),
  z.object({ reward: z.number() }).transform(({ reward }) => reward),
]);

function toReward(text: string): number | undefined {
  try {
    return answerSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
