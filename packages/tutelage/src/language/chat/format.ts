import { UserError } from '../../core/errors.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** A piece of a rendered conversation: a control token, or text in which nothing is one. */
export type ChatPiece = { readonly control: string } | { readonly text: string };

/** How a model wants conversations written. */
export interface ChatFormat {
  /** The conversation up to where the assistant is to go on. */
  render(messages: readonly ChatMessage[]): ChatPiece[];
}

const control = (token: string): ChatPiece => ({ control: token });
const plain = (text: string): ChatPiece => ({ text });

/**
 * ChatML, as SmolLM2 and Qwen use it.
 *
 * @param defaultSystem is put before conversations that start without a system message
 */
export function chatMl(defaultSystem?: string): ChatFormat {
  const turn = ({ role, content }: ChatMessage) => [
    control('<|im_start|>'),
    plain(`${role}\n${content}`),
    control('<|im_end|>'),
    plain('\n'),
  ];
  return {
    render(messages) {
      const started = messages[0]?.role === 'system' || defaultSystem === undefined;
      const all: readonly ChatMessage[] = started
        ? messages
        : [{ role: 'system', content: defaultSystem }, ...messages];
      return [...all.flatMap(turn), control('<|im_start|>'), plain('assistant\n')];
    },
  };
}

/** LLaMA 3's format (without the dates that 3.1 and later put into the system message). */
export const llama3Chat: ChatFormat = {
  render(messages) {
    const header = (role: string) => [
      control('<|start_header_id|>'),
      plain(role),
      control('<|end_header_id|>'),
    ];
    const turns = messages.flatMap(({ role, content }) => [
      ...header(role),
      plain(`\n\n${content.trim()}`),
      control('<|eot_id|>'),
    ]);
    return [control('<|begin_of_text|>'), ...turns, ...header('assistant'), plain('\n\n')];
  },
};

/**
 * LLaMA 2's format (Touvron et al. 2023, appendix A.3.3), whose marks are ordinary text. A system message stands in the first user's.
 *
 * @throws {UserError} when user and assistant do not take turns
 */
export const llama2Chat: ChatFormat = {
  render(messages) {
    const [first] = messages;
    const system = first?.role === 'system' ? `<<SYS>>\n${first.content}\n<</SYS>>\n\n` : '';
    const turns = system === '' ? messages : messages.slice(1);
    const wrong = turns.findIndex(({ role }, i) => role !== (i % 2 === 0 ? 'user' : 'assistant'));
    if (wrong >= 0) {
      throw new UserError(
        `not the turn of the ${turns[wrong]!.role}: message ${messages.indexOf(turns[wrong]!) + 1}`,
        {
          hint: 'after a system message, if any, user and assistant take turns',
        },
      );
    }
    return turns.flatMap(({ role, content }, i) => {
      if (role === 'assistant') return [];
      const asked = `[INST] ${`${i === 0 ? system : ''}${content}`.trim()} [/INST]`;
      const reply = turns[i + 1]?.content;
      return reply === undefined
        ? [control('<s>'), plain(asked)]
        : [control('<s>'), plain(`${asked} ${reply.trim()} `), control('</s>')];
    });
  },
};

/**
 * The format that a chat template in Jinja describes. Templates are recognised, not run.
 *
 * @throws {UserError} when it is none of the known ones
 */
export function chatFormatOf(template: string): ChatFormat {
  const hasTools = template.includes('tool');
  if (template.includes('<|im_start|>') && !hasTools) {
    const found = /<\|im_start\|>system(?:\\n|\n)([^{}']*?)<\|im_end\|>/.exec(template);
    return chatMl(found?.[1]);
  }
  if (template.includes('<|start_header_id|>') && !hasTools) return llama3Chat;
  if (template.includes('<<SYS>>') && template.includes('[/INST]') && !hasTools) return llama2Chat;
  throw new UserError('unknown chat template', {
    detail: template.length > 200 ? `${template.slice(0, 200)}...` : template,
    hint: 'ChatML and those of LLaMA 2 and 3 are known, all without tools',
  });
}

/** Tokens of a conversation. Control tokens written in a message's content are ordinary text. */
export function encodeChat(
  tokenizer: Tokenizer,
  format: ChatFormat,
  messages: readonly ChatMessage[],
): number[] {
  return format.render(messages).flatMap((piece) => {
    if ('text' in piece) return tokenizer.encodePlain(piece.text);
    const id = tokenizer.id(piece.control);
    if (id === undefined)
      throw new UserError(`the tokenizer lacks a token of the chat format: ${piece.control}`);
    return [id];
  });
}
