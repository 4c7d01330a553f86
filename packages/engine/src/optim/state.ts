import type { Arena } from './arena.js';

/** What a checkpoint needs, besides the parameters, to continue with the same bits. */
export interface OptimizerState {
  /** Name of the optimizer. */
  readonly optimizer: string;
  /** Updates applied so far. */
  readonly step: number;
  /** Slots by `<parameter>.<slot>`, for instance `encoder.weight.exp_avg`; of trainable parameters only. */
  readonly tensors: ReadonlyMap<string, Float32Array>;
}

/** Copies of the slots, by `<parameter>.<slot>`. */
export function exportSlots(arena: Arena, slotNames: readonly string[]): Map<string, Float32Array> {
  return new Map([...namedSlots(arena, slotNames)].map(([name, slot]) => [name, slot.slice()]));
}

/**
 * Sets the slots, after having checked that `state` has exactly what is needed.
 * @throws RangeError when it is another optimizer's, or lacks a tensor, or has one too many or of another size.
 */
export function importSlots(
  arena: Arena,
  slotNames: readonly string[],
  optimizer: string,
  state: OptimizerState,
): void {
  if (state.optimizer !== optimizer) {
    throw new RangeError(
      `state of another optimizer: ${state.optimizer}; resume with it instead of ${optimizer}`,
    );
  }
  if (!Number.isSafeInteger(state.step) || state.step < 0) {
    throw new RangeError(`invalid step in the optimizer state: ${state.step}; the checkpoint may be damaged`);
  }
  const slots = namedSlots(arena, slotNames);
  for (const [name, slot] of slots) {
    const saved = state.tensors.get(name);
    if (saved === undefined) {
      throw new RangeError(
        `missing in the optimizer state: ${name}; was the model or a frozen group changed?`,
      );
    }
    if (saved.length !== slot.length) {
      throw new RangeError(
        `size mismatch in the optimizer state: ${name} has ${saved.length}, not ${slot.length}`,
      );
    }
  }
  for (const name of state.tensors.keys()) {
    if (!slots.has(name)) {
      throw new RangeError(
        `unknown in the optimizer state: ${name}; was the model or a frozen group changed?`,
      );
    }
  }
  for (const [name, slot] of slots) slot.set(state.tensors.get(name)!);
}

function namedSlots(arena: Arena, slotNames: readonly string[]): Map<string, Float32Array> {
  return new Map(
    [...arena.tensors.values()]
      .filter(({ gradient }) => gradient !== null)
      .flatMap(({ name, slots }) =>
        slotNames.map((slotName, index) => [`${name}.${slotName}`, slots[index]!] as const),
      ),
  );
}
