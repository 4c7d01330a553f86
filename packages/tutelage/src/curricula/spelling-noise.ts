import { oneOf } from './draws.js';

const isLetter = /\p{L}/u;
const letters = [...'abcdefghijklmnopqrstuvwxyz'];
const faults = ['left out', 'doubled', 'replaced', 'swapped'] as const;

/**
 * Misspells a text: each letter is, with probability p, left out, doubled, replaced by another or swapped with the next character.
 *
 * @param p in [0, 1]
 */
export function misspelt(text: string, p: number, draw: () => number): string {
  const characters = [...text];
  for (let at = 0; at < characters.length; at++) {
    const own = characters[at]!;
    if (!isLetter.test(own) || draw() >= p) continue;
    const fault = oneOf(faults, draw);
    if (fault === 'left out') characters[at] = '';
    else if (fault === 'doubled') characters[at] = own + own;
    else if (fault === 'replaced') characters[at] = oneOf(letters, draw);
    else if (at + 1 < characters.length) {
      characters[at] = characters[at + 1]!;
      characters[at + 1] = own;
      at++;
    }
  }
  return characters.join('');
}
