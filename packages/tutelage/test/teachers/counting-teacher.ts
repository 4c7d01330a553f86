import { appendFileSync } from 'node:fs';
import type { Teacher } from '../../src/core/index.js';

/** Three logits of a text, the same whenever it is asked. */
export const logitsOf = (text: string): Float32Array =>
  Float32Array.of(text.length, text.charCodeAt(0) / 100, -Number(text.slice(5)));

/** A teacher that notes each text that it is asked for, as a line of a file, and has nothing to say of empty ones. */
export function countingTeacher(journal: string): Teacher<string, string, 'logits'> {
  return {
    kind: 'logits',
    fingerprint: 'counting',
    async teach(examples, { onProgress } = {}) {
      appendFileSync(journal, examples.map(({ example }) => `${example.input}\n`).join(''));
      await new Promise((resolve) => setTimeout(resolve, 1));
      onProgress?.(examples.length);
      return examples.map(({ example }) =>
        example.input === '' ? undefined : { values: logitsOf(example.input) },
      );
    },
  };
}

/** Texts to be asked for. */
export const textsOf = (count: number): { example: { id: string; input: string } }[] =>
  Array.from({ length: count }, (_, i) => ({ example: { id: String(i), input: `text ${i}` } }));
