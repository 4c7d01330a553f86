import { random } from '@tutelage/engine';
import { openCausalModel } from '../../language/causal-model.js';
import { promptEncoder } from '../../language/chat/prompt.js';
import { llamaRollouts } from '../../language/generate/rollouts.js';
import type { PredictParameters } from '../commands/predict.js';
import { threadsOf } from '../student-in.js';
import { type Answer, jsonLine } from './items.js';

/**
 * What a language model of Hugging Face or a GGUF file says to prompts, which are put to it in its chat format where it has one.
 *
 * @throws {UserError} when files are missing, damaged or of another architecture
 */
export async function speak(
  path: string,
  params: PredictParameters,
): Promise<{ readonly answer: Answer; dispose(): Promise<void> }> {
  const { maxTokens, temperature, topP = 1, seed, json } = params;
  const model = await openCausalModel(path);
  const { tokenizer, config } = model;
  const encode = promptEncoder(tokenizer);
  const { end } = tokenizer.special;
  const rollouts = llamaRollouts(config, config.positions, threadsOf(params));
  rollouts.load(model.params);
  let asked = 0;
  return {
    async answer(items) {
      const key = random.foldIn(random.key(seed), asked);
      asked += items.length;
      const prompts = items.map(({ input }) => encode(input));
      const answers = await rollouts.draw(prompts, {
        maxTokens,
        endTokens: end === undefined ? [] : [end],
        ...(temperature > 0 && { sampling: { key, temperature, topP } }),
      });
      return items.map((item, i) => {
        const { tokens, reason } = answers[i]!;
        const answer = tokenizer.decode(reason === 'end' ? tokens.slice(0, -1) : tokens);
        return item.row || json ? jsonLine(item, { answer, finishReason: reason }) : answer;
      });
    },
    dispose: () => rollouts.release(),
  };
}
