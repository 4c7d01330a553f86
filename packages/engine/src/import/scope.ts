import type { Value } from '../graph/value.js';
import { ModelFileError } from '../onnx/errors.js';

type Entry = Value | undefined | (() => Value);

/** The values of one graph by name, within those of the graphs around it. */
export class Scope {
  readonly #entries = new Map<string, Entry>();
  readonly #missing = new Set<string>();

  constructor(
    readonly outer?: Scope,
    /** Names of the calls and branches that led here; the paths of tensors in this graph begin with it. */
    readonly path = '',
  ) {}

  /** Undefined stands for an optional input that the caller of a function has left out. */
  set(name: string, value: Value | undefined): void {
    this.#entries.set(name, value);
  }

  /** A value that is made when it is first asked for: an initializer of an odd type matters only where it is used. */
  setLater(name: string, make: () => Value): void {
    this.#entries.set(name, make);
  }

  /** Marks an output that its operator does not give. */
  setMissing(name: string): void {
    this.#missing.add(name);
  }

  get(name: string): Value | undefined {
    if (this.#missing.has(name)) throw new ModelFileError(`output that is not supported: '${name}'`);
    if (!this.#entries.has(name)) {
      if (!this.outer) throw new ModelFileError(`value that nothing produces: '${name}'`);
      return this.outer.get(name);
    }
    const entry = this.#entries.get(name);
    if (typeof entry !== 'function') return entry;
    const value = entry();
    this.#entries.set(name, value);
    return value;
  }
}
