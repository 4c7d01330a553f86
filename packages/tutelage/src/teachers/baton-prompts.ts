import type { ChatMessage } from '../language/chat/format.js';

/** A story as far as it is written. */
export interface StorySoFar {
  readonly prompt: string;
  /** Of what is written, where somebody summarises. */
  readonly summary: string;
  readonly lastSentence: string;
}

/** Asks for the first part of a story. */
export function openingMessages(prompt: string, words: number): ChatMessage[] {
  return ask(
    `Write the first part of a story of several parts, in about ${words} words. It starts from this prompt:\n\n${prompt}`,
  );
}

/** Asks for a further part, or for the last one. */
export function furtherMessages(
  { prompt, summary, lastSentence }: StorySoFar,
  words: number,
  isLast: boolean,
): ChatMessage[] {
  const known = summary === '' ? '' : `\n\nWhat happened so far:\n${summary}`;
  return ask(
    `Another author began a story from the prompt "${prompt}".${known}\n\n${isLast ? 'Conclude' : 'Continue'} it in about ${words} words. Go on directly behind this sentence:\n\n${lastSentence}`,
  );
}

/** Asks for a summary of a story so far. */
export function summaryMessages(story: string): ChatMessage[] {
  return ask(`Summarise this part of a story in two or three sentences:\n\n${story}`);
}

function ask(content: string): ChatMessage[] {
  const system =
    'You write. Answer with what is asked for alone: no preamble, no title, no list, no comment.';
  return [
    { role: 'system', content: system },
    { role: 'user', content },
  ];
}

const sentence = /[^.!?]+[.!?]+["')]*\s*/g;

export function sentencesOf(text: string): string[] {
  return (text.match(sentence) ?? []).map((one) => one.trim());
}

/**
 * The story in an answer: without marks of Markdown, headings, list items, echoes of what the author was given at its beginning, and
 * a last sentence that is not finished.
 */
export function cleanedPart(answer: string, echoes: readonly string[]): string {
  const plain = answer
    .split('\n')
    .filter(
      (line) => !/^\s*(#|[-*+]\s|\d+[.)]\s|(sure|certainly|of course|here is|here's)\b.*:\s*$)/i.test(line),
    )
    .join(' ')
    .replaceAll(/[*_`]/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return sentencesOf(withoutEchoes(plain, echoes)).join(' ');
}

function withoutEchoes(text: string, echoes: readonly string[]): string {
  const echo = echoes.find((one) => one !== '' && text.startsWith(one));
  return echo === undefined ? text : withoutEchoes(text.slice(echo.length).trim(), echoes);
}

/** Whether an author declines to write. */
export function isRefusal(text: string): boolean {
  return /\b(as an ai|language model|i (can't|cannot|can not|won't) (write|continue|fulfil|fulfill|help|assist|create))\b/i.test(
    text.slice(0, 300),
  );
}

/** A summary that nobody writes: the first sentence of each part. */
export function extract(parts: readonly string[]): string {
  return parts.flatMap((part) => sentencesOf(part).slice(0, 1)).join(' ');
}
