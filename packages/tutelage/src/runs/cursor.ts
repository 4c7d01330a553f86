import { UserError } from '../core/errors.js';
import type { JsonObject, JsonValue } from './json.js';
import { isObject } from './json.js';
import { permutation } from './permutation.js';

/** Where a run stands in its data, and in which order it goes through it. */
export interface CursorState extends JsonObject {
  /** Number of examples, at least 1. */
  readonly size: number;
  readonly batchSize: number;
  /** From 0 to 2^32 - 1. */
  readonly seed: number;
  /** Whether the examples that don't fill a batch at the end of an epoch are left out. */
  readonly dropLast: boolean;
  /** Passes over the data done, and examples of the present pass already given out. */
  readonly epoch: number;
  readonly position: number;
}

/**
 * Goes through the examples 0 ... size - 1 in batches, in a new random order each epoch that depends on the seed and
 * the epoch alone. Its state is a few numbers: a resumed run gets the batches that an undisturbed one gets.
 */
export class DataCursor {
  #state: CursorState;
  #order: Uint32Array | undefined;

  private constructor(state: CursorState) {
    this.#state = state;
  }

  /**
   * @throws {UserError} when a number is out of range, or when one batch is more than all the data and the
   * incomplete batch is to be left out.
   */
  static start(options: Pick<CursorState, 'size' | 'batchSize' | 'seed' | 'dropLast'>): DataCursor {
    const { size, batchSize, seed, dropLast } = options;
    requireInteger('size of the data', size, 1);
    requireInteger('batch size', batchSize, 1);
    requireInteger('seed', seed, 0);
    if (dropLast && batchSize > size) {
      throw new UserError(`batch size: ${batchSize}: there are only ${size} examples`, {
        hint: 'take smaller batches or more data',
      });
    }
    return new DataCursor({ size, batchSize, seed, dropLast, epoch: 0, position: 0 });
  }

  /**
   * Goes on from a state that a checkpoint held.
   *
   * @param size the number of examples now.
   * @throws {UserError} when it is not a cursor's state, or was taken over data of another size.
   */
  static resume(state: JsonValue, size: number): DataCursor {
    if (!isCursorState(state)) {
      throw new UserError('the checkpoint holds no position in the data', { hint: 'start a new run' });
    }
    if (state.size !== size) {
      throw new UserError(`the data has ${size} examples, and had ${state.size} when the run was saved`, {
        hint: 'resume with the same data, or start a new run',
      });
    }
    return new DataCursor({ ...state });
  }

  /** The indices of the next batch: `batchSize` of them, or what is left of the epoch. */
  next(): Uint32Array {
    const { size, batchSize, seed, dropLast, epoch, position } = this.#state;
    this.#order ??= permutation(size, [seed, epoch]);
    const end = Math.min(position + batchSize, size);
    const batch = this.#order.slice(position, end);
    const isEpochOver = dropLast ? end + batchSize > size : end === size;
    if (isEpochOver) this.#order = undefined;
    this.#state = isEpochOver
      ? { ...this.#state, epoch: epoch + 1, position: 0 }
      : { ...this.#state, position: end };
    return batch;
  }

  /** The state to store in a checkpoint. */
  get state(): CursorState {
    return this.#state;
  }
}

function requireInteger(what: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least && value < 2 ** 32) return;
  throw new UserError(`${what}: ${value}`, { hint: `give a whole number from ${least} to ${2 ** 32 - 1}` });
}

function isCursorState(value: unknown): value is CursorState {
  if (!isObject(value) || typeof value.dropLast !== 'boolean') return false;
  const { size, batchSize, seed, epoch, position } = value;
  const isWhole = [size, batchSize, seed, epoch, position].every((part) => Number.isInteger(part));
  return isWhole && Number(batchSize) > 0 && Number(position) >= 0 && Number(position) < Number(size);
}
