import type { Endpoint } from './client.js';
import { type LabellingTask, planLabelling } from './labelling.js';
import { spacing } from './limiter.js';
import { cost, maxCost, toDollars } from './prices.js';
import { answerText } from './prompt.js';
import { expectedInputTokens, expectedTokens, maxInputTokens } from './tokens.js';

export interface Estimate {
  /** Calls to make, if none needs repeating. */
  readonly calls: number;
  /** Calls that the journal already answers. */
  readonly cached: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** US dollars: as expected, and at most if no call needs repeating. Undefined without a known price. */
  readonly dollars: { readonly expected: number; readonly most: number } | undefined;
  readonly minutes: number;
}

/** What a labelling task would take from here on; makes no call. */
export function estimateLabelling(endpoint: Endpoint, task: LabellingTask): Estimate {
  const plan = planLabelling(task);
  const { labels } = plan.classification;
  const { maxTokens } = plan.parameters;
  // With a longer answer allowed, the model thinks first, nobody knows for how long.
  const answers = labels.map((label) => expectedTokens(answerText(plan.classification, label)) + 1);
  const output = task.maxTokens ?? Math.min(maxTokens, Math.max(...answers));
  const { price } = endpoint;
  let calls = 0;
  let cached = 0;
  let inputTokens = 0;
  let expected = 0;
  let most = 0;
  let milliseconds = 0;
  for (const text of new Set(task.texts)) {
    for (let trial = 0; trial < plan.samples; trial++) {
      const request = plan.request(text, trial);
      if (endpoint.isAnswered(request)) {
        cached += 1;
        continue;
      }
      const input = expectedInputTokens(request);
      calls += 1;
      inputTokens += input;
      if (price) {
        expected += cost(price, { input, cachedInput: 0, output });
        most += maxCost(price, maxInputTokens(request), maxTokens);
      }
      milliseconds += Math.max(
        callTime(output) / endpoint.limits.concurrency,
        spacing(endpoint.limits, input + maxTokens),
      );
    }
  }
  return {
    calls,
    cached,
    inputTokens,
    outputTokens: calls * output,
    dollars: price && { expected: toDollars(expected), most: toDollars(most) },
    minutes: milliseconds / 60_000,
  };
}

/** Milliseconds: half a second to the first token, then fifty tokens a second, as hosted models commonly manage. */
function callTime(outputTokens: number): number {
  return 500 + outputTokens * 20;
}

/** The estimate in a few lines for people. */
export function formatEstimate({
  calls,
  cached,
  inputTokens,
  outputTokens,
  dollars,
  minutes,
}: Estimate): string {
  const price = dollars
    ? `about $${dollars.expected.toFixed(4)}, at most $${dollars.most.toFixed(4)}`
    : 'price unknown';
  return [
    `calls   ${calls} (${cached} more are answered already)`,
    `tokens  about ${inputTokens} in, ${outputTokens} out`,
    `cost    ${price}, if no call needs repeating`,
    `time    about ${minutes.toFixed(1)} minutes`,
  ].join('\n');
}
