import { random } from '@tutelage/engine';
import { mean } from '../assessment/checks.js';
import { percent } from '../assessment/wording.js';
import { given } from '../core/given.js';
import type { CausalModel } from '../language/causal-model.js';
import { llamaRollouts } from '../language/generate/rollouts.js';
import type { Checked } from './grpo.js';

/** A question as a model reads it, and what says whether an answer (without its end token) is right, and in the form that it must have. */
export interface Judged {
  readonly prompt: readonly number[];
  judge(answer: readonly number[]): { readonly right: boolean; readonly formed: boolean };
}

/** The question with what an answer to it is worth: being right, and a little for the form. */
export function rewarded({ prompt, judge }: Judged, formatWeight: number): Checked {
  return {
    prompt,
    reward(answer) {
      const { right, formed } = judge(answer);
      return (1 - formatWeight) * Number(right) + formatWeight * Number(formed);
    },
  };
}

export interface AnswerCheckOptions {
  /** Answers drawn to each question; none where 0. */
  readonly samples: number;
  readonly maxTokens: number;
  /** Answers that are generated together. */
  readonly together: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly threads?: number;
}

export interface JudgedAnswer {
  readonly tokens: readonly number[];
  readonly right: boolean;
  readonly formed: boolean;
}

/** How a model answers questions. All are shares, in [0, 1]. */
export interface AnswerCheck {
  /** Questions whose likeliest answer is right. */
  readonly greedy: number;
  /** Likeliest answers that have the form that they must have. */
  readonly formed: number;
  /** Questions of which one of the drawn answers is right. */
  readonly passed: number;
  /** Drawn answers that are right. */
  readonly sampled: number;
  /** The drawn answers, by question. */
  readonly drawn: readonly (readonly JudgedAnswer[])[];
}

/**
 * Lets a model answer questions, once by its likeliest tokens and some times at temperature 1.
 *
 * @throws the signal's reason when it is aborted
 */
export async function checkAnswers(
  { params, config, tokenizer }: CausalModel,
  questions: readonly Judged[],
  options: AnswerCheckOptions,
): Promise<AnswerCheck> {
  const { samples, maxTokens, together, seed, signal, threads } = options;
  const end = tokenizer.special.end ?? 0;
  const longest = Math.max(...questions.map(({ prompt }) => prompt.length)) + maxTokens;
  const rollouts = llamaRollouts(config, longest, given({ threads }));
  rollouts.load(params);
  const key = random.foldIn(random.key(seed), 'answers');
  const answers = async (asked: readonly Judged[], draws: boolean): Promise<JudgedAnswer[]> => {
    const found: JudgedAnswer[] = [];
    for (let at = 0; at < asked.length; at += together) {
      const part = asked.slice(at, at + together);
      const generated = await rollouts.draw(
        part.map(({ prompt }) => prompt),
        {
          maxTokens,
          endTokens: [end],
          ...(draws && { sampling: { key: random.foldIn(key, at) } }),
          ...given({ signal }),
        },
      );
      generated.forEach(({ tokens, reason }, i) => {
        const own = reason === 'end' ? tokens.slice(0, -1) : tokens;
        found.push({ tokens: own, ...part[i]!.judge(own) });
      });
    }
    return found;
  };
  try {
    const likeliest = await answers(questions, false);
    const all = await answers(
      questions.flatMap((question) => Array.from({ length: samples }, () => question)),
      true,
    );
    const drawn = questions.map((_, i) => all.slice(i * samples, (i + 1) * samples));
    const share = (flags: readonly boolean[]) => (flags.length === 0 ? 0 : mean(flags.map(Number)));
    return {
      greedy: share(likeliest.map(({ right }) => right)),
      formed: share(likeliest.map(({ formed }) => formed)),
      passed: share(drawn.map((group) => group.some(({ right }) => right))),
      sampled: share(all.map(({ right }) => right)),
      drawn,
    };
  } finally {
    await rollouts.release();
  }
}

/** A check in words. */
export function checkLine({ greedy, passed, formed, drawn }: AnswerCheck, samples: number): string {
  return `${percent(greedy)} of ${drawn.length} held-out questions right, ${percent(passed)} in one of ${samples} tries; ${percent(formed)} of the answers well-formed`;
}
