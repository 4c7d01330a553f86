/** A growing list of 32-bit integers, four bytes each. */
export class Int32List {
  #values = new Int32Array(1024);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Int32Array(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  get length(): number {
    return this.#length;
  }

  /** The values so far; not to be kept across a push. */
  view(): Int32Array {
    return this.#values.subarray(0, this.#length);
  }
}

/**
 * Tells which of many texts are equal, by 64-bit hashes: about 16 bytes a text, whatever its length. Among a million
 * texts the chance that any two different ones are taken for equal is 3e-8.
 */
export class TextIndex {
  readonly #high = new Int32List();
  readonly #low = new Int32List();
  /** Open addressing; 0 is free, otherwise 1 + position of a text. */
  #slots = new Int32Array(4096);
  #distinct = 0;

  /** How many texts have been added. */
  get size(): number {
    return this.#high.length;
  }

  /** Adds a text; returns the position (from 0) of the first text that equals it, its own if it is new. */
  add(text: string): number {
    const position = this.#high.length;
    const [high, low] = hash64(text);
    this.#high.push(high);
    this.#low.push(low);
    const slot = this.#find(high, low);
    const found = this.#slots[slot]!;
    if (found !== 0) return found - 1;
    this.#slots[slot] = position + 1;
    if (++this.#distinct * 2 > this.#slots.length) this.#grow();
    return position;
  }

  /** A number in [0, 1) for each text, a pseudo-random function of the text and the seed. */
  ranks(seed: number): Float64Array {
    const high = this.#high.view();
    const low = this.#low.view();
    const ranks = new Float64Array(high.length);
    const seeded = mix(seed | 0);
    for (let i = 0; i < ranks.length; i++) {
      const a = mix(high[i]! ^ seeded);
      const b = mix(low[i]! ^ a);
      ranks[i] = ((a >>> 0) * 2 ** 21 + (b >>> 11)) / 2 ** 53;
    }
    return ranks;
  }

  #find(high: number, low: number): number {
    const highs = this.#high.view();
    const lows = this.#low.view();
    const mask = this.#slots.length - 1;
    let slot = low & mask;
    for (;;) {
      const entry = this.#slots[slot]!;
      if (entry === 0 || (highs[entry - 1] === high && lows[entry - 1] === low)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const old = this.#slots;
    const high = this.#high.view();
    const low = this.#low.view();
    this.#slots = new Int32Array(old.length * 2);
    for (const entry of old) {
      if (entry !== 0) this.#slots[this.#find(high[entry - 1]!, low[entry - 1]!)] = entry;
    }
  }
}

/** Two multiplicative hashes of the UTF-16 units (FNV-1a with different constants), each finished by `mix`. */
function hash64(text: string): [number, number] {
  let high = 0x811c9dc5;
  let low = 0x2f7b4a35;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, 0x01000193);
    low = Math.imul(((low << 5) | (low >>> 27)) ^ unit, 0x9e3779b1);
  }
  high = mix(high ^ text.length);
  return [high, mix(low ^ high)];
}

/** The 32-bit finaliser of MurmurHash3 (Appleby 2011): every input bit changes every output bit with odds of a half. */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
