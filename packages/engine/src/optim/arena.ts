import {
  allocateMemory,
  instantiateUpdateKernels,
  type UpdateKernels,
  type WasmMemory,
} from '../kernels/wasm.js';

/** One parameter tensor, as asked for. */
export interface ArenaRequest {
  readonly name: string;
  /** Number of elements, at least 1. */
  readonly size: number;
  /** Tensors of one group are updated by one kernel call. Frozen tensors get neither gradient nor slots. Default 0. */
  readonly group?: number | 'frozen';
}

/** One parameter tensor: views over the arena, which stay valid as long as the arena does. */
export interface ArenaTensor {
  readonly name: string;
  readonly parameter: Float32Array;
  /** null when frozen. */
  readonly gradient: Float32Array | null;
  /** Empty when frozen. */
  readonly slots: readonly Float32Array[];
}

/** A stretch of consecutive tensors of one group in one memory: what one kernel call covers. */
export interface ArenaRange {
  readonly group: number;
  readonly kernels: UpdateKernels;
  /** Elements, padding included: a multiple of 16. */
  readonly count: number;
  /** Byte offsets in the memory of the kernels. */
  readonly parameter: number;
  readonly gradient: number;
  readonly slots: readonly number[];
}

export interface Arena {
  /** In the order asked for. */
  readonly tensors: ReadonlyMap<string, ArenaTensor>;
  readonly ranges: readonly ArenaRange[];
}

/** Leaves room below the 4 GiB that 32-bit offsets can address. */
const SHARD_BYTES = 3.5 * 2 ** 30;
const ALIGNMENT = 64;

interface Planned {
  readonly name: string;
  readonly size: number;
  readonly group: number | 'frozen';
  /** Bytes of one role, padding included. */
  readonly bytes: number;
}

/**
 * Allocates parameters, gradients and `slots` optimizer slots in WebAssembly memory, all zero, every view aligned to 64
 * bytes. Within a memory the roles follow each other (all parameters, then all gradients, then each slot), and the
 * tensors of a group are consecutive. A new memory is begun whenever one would pass `shardBytes`.
 *
 * @throws RangeError on a repeated name, an invalid size, a tensor that no single memory can hold, or lack of memory.
 */
export function createArena(
  requests: readonly ArenaRequest[],
  slots: number,
  shardBytes = SHARD_BYTES,
): Arena {
  const planned = requests.map(plan);
  checkNames(planned);
  const frozen = planned.filter(({ group }) => group === 'frozen');
  const trainable = planned
    .filter(({ group }) => group !== 'frozen')
    .sort((a, b) => Number(a.group) - Number(b.group));
  const tensors = new Map<string, ArenaTensor>();
  const ranges: ArenaRange[] = [];
  for (const shard of divide([...trainable, ...frozen], slots, shardBytes)) {
    const memory = allocateMemory(shard.reduce((sum, tensor) => sum + footprint(tensor, slots), 0));
    layOut(shard, slots, memory, tensors, ranges);
  }
  return { tensors: new Map(planned.map(({ name }) => [name, tensors.get(name)!])), ranges };
}

function plan({ name, size, group = 0 }: ArenaRequest): Planned {
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new RangeError(
      `invalid size of parameter ${name}: ${size}; give its number of elements, at least 1`,
    );
  }
  return { name, size, group, bytes: Math.ceil((size * 4) / ALIGNMENT) * ALIGNMENT };
}

function checkNames(planned: readonly Planned[]): void {
  const seen = new Set<string>();
  for (const { name } of planned) {
    if (seen.has(name))
      throw new RangeError(`repeated parameter name: ${name}; give every parameter its own`);
    seen.add(name);
  }
}

function footprint(tensor: Planned, slots: number): number {
  return tensor.bytes * (tensor.group === 'frozen' ? 1 : 2 + slots);
}

function divide(planned: readonly Planned[], slots: number, shardBytes: number): Planned[][] {
  const shards: Planned[][] = [];
  let room = 0;
  for (const tensor of planned) {
    const bytes = footprint(tensor, slots);
    if (bytes > shardBytes) {
      throw new RangeError(
        `parameter too large: ${tensor.name} takes ${(bytes / 2 ** 30).toFixed(2)} GiB with its gradient and ` +
          `optimizer slots, and one memory holds ${(shardBytes / 2 ** 30).toFixed(2)}; split or freeze it`,
      );
    }
    if (bytes > room) {
      shards.push([]);
      room = shardBytes;
    }
    shards.at(-1)!.push(tensor);
    room -= bytes;
  }
  return shards;
}

function layOut(
  shard: readonly Planned[],
  slots: number,
  memory: WasmMemory,
  tensors: Map<string, ArenaTensor>,
  ranges: ArenaRange[],
): void {
  const kernels = instantiateUpdateKernels(memory);
  const trainableBytes = shard.reduce(
    (sum, tensor) => sum + (tensor.group === 'frozen' ? 0 : tensor.bytes),
    0,
  );
  const roleStart = (role: number) => role * trainableBytes;
  const slotRoles = Array.from({ length: slots }, (_, slot) => slot + 2);

  // Frozen tensors come last and have one role only, so they follow the last slot.
  let trainable = 0;
  let frozen = roleStart(2 + slots);
  for (const tensor of shard) {
    const { name, size, group, bytes } = tensor;
    const view = (offset: number) => new Float32Array(memory.buffer, offset, size);
    if (group === 'frozen') {
      tensors.set(name, { name, parameter: view(frozen), gradient: null, slots: [] });
      frozen += bytes;
      continue;
    }
    const start = trainable;
    tensors.set(name, {
      name,
      parameter: view(start),
      gradient: view(roleStart(1) + start),
      slots: slotRoles.map((role) => view(roleStart(role) + start)),
    });
    const count = bytes / 4;
    const last = ranges.at(-1);
    if (last?.kernels === kernels && last.group === group) {
      ranges[ranges.length - 1] = { ...last, count: last.count + count };
    } else {
      const offsets = slotRoles.map((role) => roleStart(role) + start);
      ranges.push({
        group,
        kernels,
        count,
        parameter: start,
        gradient: roleStart(1) + start,
        slots: offsets,
      });
    }
    trainable += bytes;
  }
}
