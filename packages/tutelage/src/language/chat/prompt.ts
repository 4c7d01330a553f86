import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { chatFormatOf, encodeChat } from './format.js';

/**
 * How prompts are put to a model: in its chat format, as what the user says, where its tokenizer tells of one, or else as they are.
 *
 * @throws {UserError} when the chat format is unknown
 */
export function promptEncoder(tokenizer: Tokenizer): (prompt: string) => number[] {
  const template = tokenizer.files.config.chat_template;
  if (typeof template !== 'string') return (prompt) => tokenizer.encodePlain(prompt);
  const format = chatFormatOf(template);
  return (prompt) => encodeChat(tokenizer, format, [{ role: 'user', content: prompt }]);
}
