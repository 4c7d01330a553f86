import { jit, random, type Tensor, tensor, type Value } from '@tutelage/engine';
import { given } from '../core/given.js';
import { lessonBatch, positionsOf } from '../language/lessons.js';
import { type Llama, type LlamaConfig, llama } from '../models/llama.js';
import { comprehension, type Shaping } from '../objectives/policy.js';
import { tokenLogProbabilities } from '../objectives/tokens.js';
import type { Metrics } from '../runs/metrics.js';
import type { Drawn, Guidance, Guide } from './grpo.js';

/** A right solution of a question that a teacher wrote, in the student's tokens. */
export interface Solution {
  readonly source: string;
  /** As the student is to answer, with its end token. */
  readonly answer: readonly number[];
  /** Its beginning, up to where the final answer stands. */
  readonly reasoning: readonly number[];
  /** The true answer, as it stands there. */
  readonly truth: readonly number[];
}

/** A question as a policy reads it, with the solutions that are stored for it. */
export interface Solved {
  readonly prompt: readonly number[];
  readonly solutions: readonly Solution[];
}

export interface SolutionGuidanceOptions {
  readonly config: LlamaConfig;
  readonly questions: readonly Solved[];
  /** Which questions are helped with: those on which all answers fail, 30 % of the others too, or all. */
  readonly injection: 'adaptive' | 'hybrid' | 'always';
  /** Which solutions help: those that the policy understands best, some at random, or the first. */
  readonly selection: 'comprehension' | 'random' | 'first';
  /** Most solutions that are put in a group; none where 0, which is plain policy training. */
  readonly guides: number;
  /** An answer that is worth more than this succeeds. */
  readonly success: number;
  /** A question is helped with so many times at most. */
  readonly mostRepeats: number;
  readonly shaping: Shaping;
  readonly seed: number;
  readonly threads?: number;
}

export interface SolutionGuidance extends Guidance {
  /** The best that each solution was ever understood, in [0, 1], by question; -1 where that was not looked at. */
  understood(): readonly (readonly number[])[];
  dispose(): Promise<void>;
}

/** Share of the solved questions that `hybrid` helps with. */
const hybridShare = 0.3;
/** Rows that are judged together, and the multiple of tokens that they have, so that few programs are compiled. */
const together = 16;
const unit = 32;
const usedPrefix = 'guided by ';

/**
 * Guidance on demand: where all drawn answers to a question fail, stored solutions take the place of some failures, at random places
 * (AMPO, 2025, section 3).
 */
export function solutionGuidance(options: SolutionGuidanceOptions): SolutionGuidance {
  const { questions, injection, selection, guides: most, success } = options;
  const judge = comprehensionJudge(options);
  const repeats = new Int32Array(questions.length);
  const starts = questions.map(() => 0);
  for (let i = 1; i < questions.length; i++) starts[i] = starts[i - 1]! + questions[i - 1]!.solutions.length;
  const understood = new Float32Array(starts.at(-1)! + questions.at(-1)!.solutions.length).fill(-1);
  const key = random.foldIn(random.key(options.seed), 'guidance');

  /** The solutions that help with some questions, by question. */
  const chosen = async (
    wanted: readonly number[],
    params: Llama<Tensor>,
    dice: random.Stream,
  ): Promise<Solution[][]> => {
    if (selection !== 'comprehension') {
      return wanted.map((q) => {
        const all = [...questions[q]!.solutions];
        return (selection === 'random' ? dice.shuffle(all) : all).slice(0, most);
      });
    }
    const all = wanted.flatMap((q) =>
      questions[q]!.solutions.map((solution, i) => ({ q, solution, place: starts[q]! + i })),
    );
    const scores = await judge.scores(
      params,
      all.map(({ q, solution }) => ({ prompt: questions[q]!.prompt, solution })),
    );
    all.forEach(({ place }, i) => {
      understood[place] = Math.max(understood[place]!, scores[i]!);
    });
    const scored = all.map((one, i) => ({ ...one, score: scores[i]! }));
    return wanted.map((question) =>
      scored
        .filter(({ q }) => q === question)
        .sort((a, b) => b.score - a.score)
        .slice(0, most)
        .map(({ solution }) => solution),
    );
  };

  const choose = async ({ step, params, groups }: Drawn) => {
    const dice = random.stream(random.foldIn(key, step));
    const succeeds = groups.map(({ rewards }) => rewards.map((reward) => reward > success));
    const helped = groups.map(({ question }, g) => {
      const chance = dice.uniform();
      const none = most === 0 || questions[question]!.solutions.length === 0;
      if (none || repeats[question]! >= options.mostRepeats) return false;
      const failed = !succeeds[g]!.includes(true);
      return failed || injection === 'always' || (injection === 'hybrid' && chance < hybridShare);
    });
    const wanted = [...groups.keys()].filter((g) => helped[g]);
    const solutions = await chosen(
      wanted.map((g) => groups[g]!.question),
      params,
      dice,
    );
    const guides = wanted.flatMap((group, i): Guide[] => {
      repeats[groups[group]!.question]! += 1;
      const places = dice.shuffle([...succeeds[group]!.keys()]);
      // Failures go first.
      const free = [...places].sort((a, b) => Number(succeeds[group]![a]) - Number(succeeds[group]![b]));
      return solutions[i]!.map(({ answer }, s) => ({ group, place: free[s]!, answer }));
    });
    const all = succeeds.flat();
    const used = solutions.flat();
    const sources = [...new Set(questions.flatMap((q) => q.solutions.map(({ source }) => source)))].sort();
    const metrics = {
      success: all.filter(Boolean).length / all.length,
      'all failed': succeeds.filter((group) => !group.includes(true)).length / groups.length,
      guided: wanted.length / groups.length,
      ...Object.fromEntries(
        sources.map((name) => [usedPrefix + name, used.filter(({ source }) => source === name).length]),
      ),
    };
    return { guides, metrics };
  };

  return {
    shaping: options.shaping,
    choose,
    kept: {
      save: () => [
        ['repeats', tensor(repeats)],
        ['understood', tensor(understood)],
      ],
      restore(tensors) {
        repeats.set(tensors.get('repeats')!.data as Int32Array);
        understood.set(tensors.get('understood')!.data as Float32Array);
      },
    },
    understood: () =>
      questions.map(({ solutions }, q) => [
        ...understood.subarray(starts[q]!, starts[q]! + solutions.length),
      ]),
    dispose: () => judge.dispose(),
  };
}

/** How often solutions of each source helped, from what `choose` noted in some steps. */
export function usedBySource(steps: readonly Metrics[]): Record<string, number> {
  const used: Record<string, number> = {};
  for (const metrics of steps) {
    for (const [name, count] of Object.entries(metrics)) {
      if (!name.startsWith(usedPrefix)) continue;
      const source = name.slice(usedPrefix.length);
      used[source] = (used[source] ?? 0) + Number(count);
    }
  }
  return used;
}

interface Judged {
  readonly prompt: readonly number[];
  readonly solution: Pick<Solution, 'reasoning' | 'truth'>;
}

/** How well a policy understands solutions: {@link comprehension} of the true answer behind each reasoning. */
export function comprehensionJudge({ config, threads }: Pick<SolutionGuidanceOptions, 'config' | 'threads'>) {
  const judge = jit(
    (p: Llama<Value>, tokens: Value, next: Value, counted: Value) =>
      comprehension(tokenLogProbabilities(llama(p, config, tokens), next), counted),
    given({ threads }),
  );
  return {
    async scores(params: Llama<Tensor>, judged: readonly Judged[]): Promise<number[]> {
      const lessons = judged.map(({ prompt, solution }) => ({
        prompt: [...prompt, ...solution.reasoning],
        answer: solution.truth,
      }));
      const found: number[] = [];
      for (let at = 0; at < lessons.length; at += together) {
        const part = lessons.slice(at, at + together);
        const rows = Array.from({ length: together }, (_, i) => [part[i % part.length]!]);
        const length = unit * Math.ceil(Math.max(...part.map(positionsOf)) / unit);
        const { tokens, next, counted } = lessonBatch(rows, { length, padding: 0 });
        const { data } = await judge(params, tokens, next, counted);
        found.push(...(data as Float32Array).slice(0, part.length));
      }
      return found;
    },
    dispose: () => judge.dispose(),
  };
}
