import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { type ChatMessage, chatFormatOf, encodeChat } from './format.js';

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

/**
 * How conversations are put to a model that is to go on as the assistant: in its chat format where its tokenizer tells of one, or else
 * message by message, each with its role.
 *
 * @throws {UserError} when the chat format is unknown
 */
export function conversationEncoder(tokenizer: Tokenizer): (messages: readonly ChatMessage[]) => number[] {
  const template = tokenizer.files.config.chat_template;
  if (typeof template !== 'string') {
    return (messages) =>
      tokenizer.encodePlain(
        [...messages.map(({ role, content }) => `${role}: ${content}`), 'assistant: '].join('\n'),
      );
  }
  const format = chatFormatOf(template);
  return (messages) => encodeChat(tokenizer, format, messages);
}
