import { random } from '@tutelage/engine';
import { type GenerateOptions, generate } from './generate/generate.js';
import type { LocalLanguageModel } from './local-llm.js';
import {
  type LabelQuestion,
  labelForms,
  type Reply,
  type Responder,
  type RespondOptions,
} from './responder.js';

/** Answers of more tokens are made together, shorter ones one by one: there the prompt is what takes time. */
const shortAnswer = 16;
const together = 8;

/** What is drawn depends on the trial and the place of the conversation. */
function samplingOf(sample: RespondOptions['sample'], start: number): Pick<GenerateOptions, 'sampling'> {
  if (!sample) return {};
  const key = random.foldIn(random.foldIn(random.key('answers'), sample.trial), start);
  return { sampling: { key, temperature: sample.temperature } };
}

/**
 * A model on this machine. Conversations that begin alike, as those with the same examples do, should follow each other: what a
 * conversation shares with the one before it is not computed again.
 *
 * @param close what to do when it is no longer needed
 */
export function localResponder(
  model: LocalLanguageModel,
  name: string,
  close: () => Promise<void> = () => model.release(),
): Responder {
  const { decoder, tokenizer, end } = model;
  const past = decoder.cache(1);
  let held: readonly number[] = [];

  /** Runs what is not in the cache of a prompt, at least its last token; the cache forgets what is not in the prompt. */
  const onlyNew = async <T>(prompt: readonly number[], run: (rest: number[]) => Promise<T>): Promise<T> => {
    const most = Math.min(prompt.length - 1, held.length);
    let shared = 0;
    while (shared < most && prompt[shared] === held[shared]) shared += 1;
    past.lengths[0] = shared;
    held = prompt.slice(0, shared);
    const result = await run(prompt.slice(shared));
    held = prompt;
    return result;
  };

  const tooLong: Reply = { kind: 'missing', reason: `longer than ${decoder.sizes.positions} tokens` };
  const textOf = (tokens: readonly number[]): Reply => ({
    kind: 'text',
    text: tokenizer.decode(tokens.filter((token) => token !== end)),
  });

  const probabilitiesOf = async ({ messages, labels }: LabelQuestion): Promise<number[] | undefined> => {
    const prompt = model.encode(messages);
    const longest = Math.max(...labels.map((label) => tokenizer.encodePlain(label).length));
    if (prompt.length + longest > decoder.sizes.positions) return undefined;
    const { logits, normalizers } = await onlyNew(prompt, (rest) => decoder.step(past, [rest]));
    const [first, normalizer] = [logits.slice(), normalizers[0]!];
    const probability = (token: number) => Math.exp(first[token]! - normalizer);
    const found: number[] = [];
    for (const label of labels) {
      const forms = labelForms(label).map((form) => tokenizer.encodePlain(form));
      const whole = new Set(forms.filter((tokens) => tokens.length === 1).flat());
      if (whole.size > 0) {
        found.push([...whole].reduce((sum, token) => sum + probability(token), 0));
        continue;
      }
      // A label of several tokens counts with their mean, each behind those before it.
      const [tokens] = forms as [number[], ...number[][]];
      const next = await decoder.step(past, [tokens.slice(0, -1)], { all: true });
      const others = tokens
        .slice(1)
        .map((token, i) =>
          Math.exp(next.logits[i * decoder.sizes.vocabulary + token]! - next.normalizers[i]!),
        );
      past.lengths[0] = prompt.length;
      found.push([probability(tokens[0]!), ...others].reduce((sum, p) => sum + p, 0) / tokens.length);
    }
    return found;
  };

  return {
    name,
    async respond(conversations, { maxTokens, sample, signal, onProgress }) {
      const replies: Reply[] = [];
      const size = maxTokens <= shortAnswer ? 1 : together;
      for (let start = 0; start < conversations.length; start += size) {
        const prompts = conversations.slice(start, start + size).map((one) => model.encode(one));
        const fits = prompts.map((prompt) => prompt.length + maxTokens <= decoder.sizes.positions);
        const fitting = prompts.filter((_, i) => fits[i]);
        const options = { maxTokens, endTokens: [end], signal, ...samplingOf(sample, start) };
        const answers =
          size > 1 && fitting.length > 0
            ? generate(decoder, fitting, options)
            : Promise.all(
                fitting.map((prompt) =>
                  onlyNew(
                    prompt,
                    async (rest) => (await generate(decoder, [rest], { ...options, past }))[0]!,
                  ),
                ),
              );
        const made = (await answers).values();
        replies.push(...fits.map((fit) => (fit ? textOf(made.next().value!.tokens) : tooLong)));
        onProgress?.(replies.length);
      }
      return replies;
    },
    async labelProbabilities(questions, { signal, onProgress }) {
      const rows: (number[] | undefined)[] = [];
      for (const question of questions) {
        signal.throwIfAborted();
        rows.push(await probabilitiesOf(question));
        onProgress?.(rows.length);
        // The event loop gets a turn, so that an interruption is heard.
        await new Promise(setImmediate);
      }
      return rows;
    },
    spent: () => 0,
    close,
  };
}
