import { UserError } from '../core/errors.js';
import type { Logits } from '../core/signal.js';
import { readHalves, writeHalves } from './halves.js';

/** Up to this many classes all logits are kept. */
const mostClasses = 256;

/** First byte of encoded logits. */
const Form = { all: 0, top16: 1, top32: 2 } as const;

const allStart = 5;
const topStart = 5;

/**
 * Logits in a compact form.
 *
 * - Up to 256 classes: the largest as float32, and how far each is below it as float16, so that likely classes are the most exact.
 *   What the probabilities lose is under 1e-6 nats (KL divergence, logits spread over 60). 2 bytes a class and 5 more.
 * - More classes: the `topK` largest, as log-probabilities over all classes in float16, and the mass of the rest as float32. The
 *   probabilities of those kept and of the rest together lose under 1e-6 nats; how the rest is divided is forgotten. 4 bytes for
 *   each kept (6 beyond 65,536 classes) and 5 more.
 * - Logits of some classes alone (`at`): must be log-probabilities, whose rest is what is missing from 1.
 *
 * @throws {UserError} for NaN and infinities (except that a class may be impossible), and for partial logits whose probabilities
 *   add up to more than 1
 */
export function encodeLogits({ values, at }: Logits, topK: number): Uint8Array {
  const largest = values.reduce((most, x) => Math.max(most, x), Number.NEGATIVE_INFINITY);
  if (!Number.isFinite(largest) || values.some(Number.isNaN)) {
    throw new UserError(`logits of a teacher: the largest is ${largest}`, {
      hint: 'its output overflows or is undefined; check what it was given',
    });
  }
  if (at === undefined && values.length <= mostClasses) return encodeAll(values, largest);
  const mass = values.reduce((sum, x) => sum + Math.exp(x - largest), 0);
  const logMass = largest + Math.log(mass);
  if (at !== undefined && logMass > 1e-3) {
    throw new UserError(`logits of some classes alone: their probabilities add up to ${Math.exp(logMass)}`, {
      hint: 'give log-probabilities over all classes',
    });
  }
  const total = at === undefined ? logMass : Math.max(0, logMass);
  const kept = largestOf(values, topK).sort((a, b) => a - b);
  const isKept = new Set(kept);
  const shared = values.reduce((sum, x, i) => (isKept.has(i) ? sum : sum + Math.exp(x - total)), 0);
  const rest = shared + (at === undefined ? 0 : Math.max(0, 1 - Math.exp(logMass)));
  const classes = kept.map((i) => at?.[i] ?? i);
  return encodeTop(
    classes,
    Float32Array.from(kept, (i) => values[i]! - total),
    rest,
  );
}

/** The logits in their compact form; log-probabilities, with `at`, where only the largest were kept. */
export function decodeLogits(bytes: Uint8Array): Logits {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const form = view.getUint8(0);
  const number = view.getFloat32(1, true);
  if (form === Form.all) {
    const below = readHalves(bytes, allStart, (bytes.length - allStart) / 2);
    return { values: below.map((x) => x + number) };
  }
  const width = form === Form.top16 ? 2 : 4;
  const count = (bytes.length - topStart) / (width + 2);
  const at = Int32Array.from({ length: count }, (_, i) =>
    width === 2 ? view.getUint16(topStart + 2 * i, true) : view.getUint32(topStart + 4 * i, true),
  );
  const rounded = readHalves(bytes, topStart + width * count, count);
  // Rounding must not move mass between those kept and the rest.
  const shift = Math.log1p(-number) - Math.log(rounded.reduce((sum, x) => sum + Math.exp(x), 0));
  return { values: rounded.map((x) => x + shift), at };
}

/**
 * Logits for all classes, as losses take them: where only the largest are known, the others share the rest of the mass evenly.
 *
 * @param classes how many there are
 */
export function denseLogits({ values, at }: Logits, classes: number): Float32Array {
  if (!at) return values;
  // Less than this is what rounding to float32 leaves.
  const rest = Math.max(1e-9, 1 - values.reduce((sum, x) => sum + Math.exp(x), 0));
  const dense = new Float32Array(classes).fill(Math.log(rest / Math.max(1, classes - at.length)));
  at.forEach((c, i) => {
    dense[c] = values[i]!;
  });
  return dense;
}

const lowestHalf = -65504;

function encodeAll(values: Float32Array, largest: number): Uint8Array {
  const bytes = Buffer.alloc(allStart + 2 * values.length);
  bytes.writeUInt8(Form.all);
  bytes.writeFloatLE(largest, 1);
  writeHalves(
    bytes,
    allStart,
    values.map((x) => (Number.isFinite(x) ? Math.max(lowestHalf, x - largest) : x)),
  );
  return bytes;
}

function encodeTop(classes: readonly number[], logProbabilities: Float32Array, rest: number): Uint8Array {
  const isWide = (classes.at(-1) ?? 0) > 0xffff;
  const width = isWide ? 4 : 2;
  const bytes = Buffer.alloc(topStart + (width + 2) * classes.length);
  bytes.writeUInt8(isWide ? Form.top32 : Form.top16);
  bytes.writeFloatLE(rest, 1);
  classes.forEach((c, i) => {
    bytes.writeUIntLE(c, topStart + width * i, width);
  });
  writeHalves(bytes, topStart + width * classes.length, logProbabilities);
  return bytes;
}

/** Positions of the `count` largest values, of equal ones the first. */
function largestOf(values: Float32Array, count: number): number[] {
  const best: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const x = values[i]!;
    if (best.length === count && x <= values[best[count - 1]!]!) continue;
    let place = best.length;
    while (place > 0 && values[best[place - 1]!]! < x) place--;
    best.splice(place, 0, i);
    if (best.length > count) best.pop();
  }
  return best;
}
