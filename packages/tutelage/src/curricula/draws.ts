import { random } from '@tutelage/engine';

const buffered = 256;

/** An endless sequence of uniform numbers in [0, 1) from a key: each call gives the next. */
export function uniformDraws(key: random.Key): () => number {
  const numbers = new Float32Array(buffered);
  let drawn = 0;
  return () => {
    const at = drawn % buffered;
    if (at === 0) random.fillUniform(numbers, key, drawn);
    drawn++;
    return numbers[at]!;
  };
}

/** One of some things, each as likely. */
export function oneOf<T>(things: readonly T[], draw: () => number): T {
  return things[Math.floor(draw() * things.length)]!;
}
