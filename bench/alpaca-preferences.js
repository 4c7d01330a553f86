import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { random } from '@tutelage/engine';
import { chatFormatOf, encodeChat } from '../packages/tutelage/dist/language/chat/format.js';

/**
 * Pairs of AlpacaEval's judgements (https://github.com/tatsu-lab/alpaca_eval, `annotations.json` of some models, gzip-compressed), in tokens of
 * a model's own chat format: an answer of text-davinci-003 and one of another model, the one that GPT-4 preferred first.
 *
 * @param longest tokens of a prompt with an answer; pairs with a longer one are left out
 */
export function alpacaPairs(folder, { tokenizer }, longest) {
  const format = chatFormatOf(tokenizer.files.config.chat_template);
  const size = ({ prompt, answer }) => prompt.length + answer.length;
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json.gz'))
    .sort()
    .flatMap((name) => JSON.parse(gunzipSync(readFileSync(join(folder, name))).toString()))
    .filter(({ preference }) => preference === 1 || preference === 2)
    .map(({ instruction, output_1, output_2, preference }) => {
      const prompt = encodeChat(tokenizer, format, [{ role: 'user', content: instruction }]);
      const lesson = (text) => ({ prompt, answer: [...tokenizer.encodePlain(text), tokenizer.special.end] });
      const [chosen, rejected] = preference === 1 ? [output_1, output_2] : [output_2, output_1];
      return { instruction, chosen: lesson(chosen), rejected: lesson(rejected) };
    })
    .filter(({ chosen, rejected }) => Math.max(size(chosen), size(rejected)) <= longest);
}

/** Pairs in shares that have no instruction in common: each of at least so many pairs, and the rest. */
export function sharesOf(pairs, { test, validation }, seed) {
  const dice = random.stream(random.foldIn(random.key(seed), 'shares'));
  const shares = { test: [], validation: [], train: [] };
  for (const instruction of dice.shuffle([...new Set(pairs.map((pair) => pair.instruction))])) {
    const share =
      shares.test.length < test ? 'test' : shares.validation.length < validation ? 'validation' : 'train';
    shares[share].push(...pairs.filter((pair) => pair.instruction === instruction));
  }
  return { ...shares, train: dice.shuffle(shares.train) };
}
