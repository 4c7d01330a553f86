import { type SessionOptions, setRuntimeFiles } from '../../src/web.js';
import { curves, randomBits } from './training.js';

setRuntimeFiles('/runtime/');

/** What the test asks of a page. */
export async function results(options: SessionOptions) {
  return { curves: await curves(options), bits: randomBits() };
}
