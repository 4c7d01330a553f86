import type { random } from '@tutelage/engine';
import type { TracedExample, TracedTask, TraceStep } from '../traces.js';
import { type ChainOptions, chain } from './chains.js';

const words = ['end', 'line', 'answer', 'add', 'times-plus-one'] as const;
const firstNumber = words.length;
const idOf = (word: string): number => {
  const known = (words as readonly string[]).indexOf(word);
  return known < 0 ? firstNumber + Number(word) : known;
};

/**
 * Chains of operations in tokens, one for each number and word. A line of the trace has an operator, a digit and the new value: the
 * operator goes at level 1, the digit at level 2, and whole lines by chance at level 3.
 */
export function chainTraces(options: ChainOptions): TracedTask & { draw(key: random.Key): TracedExample } {
  const [line, answer] = [idOf('line'), idOf('answer')];
  return {
    vocabulary: firstNumber + options.modulus,
    marks: { step: [line], answer: [answer], end: idOf('end') },
    drop: { operator: 1, digit: 2, line: 3 },
    draw(key) {
      const { id, input, target, difficulty } = chain(options, key);
      const steps = target!.steps.map((step): TraceStep<readonly number[]> => {
        const [operator, digit, , value] = step.split(' ').map(idOf) as [number, number, number, number];
        return {
          group: 'line',
          parts: [
            { content: [line] },
            { group: 'operator', content: [operator] },
            { group: 'digit', content: [digit] },
            { content: [value] },
          ],
        };
      });
      const right = idOf(target!.answer);
      return {
        id,
        prompt: input.split(' ').map(idOf),
        steps,
        answer: [answer, right],
        difficulty: difficulty!,
        judge(found) {
          const valid = found.length === 1 && found[0] === right;
          const formatted = found.length === 1 && found[0]! >= firstNumber;
          return { formatted, valid, quality: Number(valid) };
        },
      };
    },
  };
}
