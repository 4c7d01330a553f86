import { ShapeError } from '../../graph/errors.js';
import { sameShape } from '../../graph/shape.js';
import { toNumbers } from '../../graph/tensor.js';
import type { Value } from '../../graph/value.js';
import { constant, showType } from '../../ops/apply.js';
import { reshape, slice, squeeze, stack, where } from '../../ops/index.js';
import type { ImportRules } from '../call.js';
import { knownTensor } from '../known.js';

/** A loop is unrolled up to this many times. */
const maxTrips = 4096;

/** The truth of a condition, or undefined where it depends on the model's inputs. */
function knownTruth(condition: Value): boolean | undefined {
  const known = knownTensor(condition);
  return known && toNumbers(known)[0] !== 0;
}

export const controlFlowRules: ImportRules = {
  // A condition that depends on inputs is decided by choosing between the results of both branches.
  If: (call) => {
    const condition = call.input(0);
    const holds = knownTruth(condition);
    if (holds !== undefined) return call.run(holds ? 'then_branch' : 'else_branch', []);
    const [then, otherwise] = [call.run('then_branch', []), call.run('else_branch', [])];
    return then.map((a, i) => {
      const b = otherwise[i];
      if (!b || a.dtype !== b.dtype || !sameShape(a.shape, b.shape)) {
        throw new ShapeError(
          `If: a condition that depends on inputs needs branches of one type: ${showType(a)} and ${b ? showType(b) : 'nothing'}`,
        );
      }
      return where(reshape(condition, []), a, b);
    });
  },
  Loop: (call) => {
    const limit = call.optional(0) ? call.knownInt(0) : Infinity;
    let carried: readonly Value[] = call.inputs.slice(2).map((_, i) => call.input(i + 2));
    let condition = call.optional(1);
    const scans = call.node.outputs.slice(carried.length).map((): Value[] => []);
    let trips = 0;
    while (trips < limit && (!condition || continues(condition))) {
      if (trips >= maxTrips) throw new ShapeError(`Loop: more than ${maxTrips} rounds can't be unrolled`);
      const trip = constant(trips, 'int64');
      const [next, ...results] = call.run('body', [trip, condition ?? constant(1, 'bool'), ...carried]);
      condition = next;
      results.slice(carried.length).forEach((v, i) => {
        scans[i]?.push(v);
      });
      carried = results.slice(0, carried.length);
      trips++;
    }
    return [...carried, ...scans.map(stacked)];
  },
  Scan: (call) => {
    if (call.version < 9) call.fail('Scan of operator set 8 is not supported');
    for (const name of [
      'scan_input_axes',
      'scan_input_directions',
      'scan_output_axes',
      'scan_output_directions',
    ]) {
      if (call.ints(name)?.some((n) => n !== 0)) call.fail(`attribute that is not supported: '${name}'`);
    }
    const inputs = call.all();
    const states = inputs.length - call.int('num_scan_inputs');
    let carried: readonly Value[] = inputs.slice(0, states);
    const sequences = inputs.slice(states);
    const scans = call.node.outputs.slice(states).map((): Value[] => []);
    const trips = sequences[0]?.dim(0) ?? 0;
    if (trips > maxTrips)
      throw new ShapeError(`Scan: ${trips} rounds can't be unrolled: ${maxTrips} at most`);
    for (let trip = 0; trip < trips; trip++) {
      const slices = sequences.map((s) => squeeze(slice(s, { axis: 0, start: trip, end: trip + 1 }), 0));
      const results = call.run('body', [...carried, ...slices]);
      carried = results.slice(0, states);
      results.slice(states).forEach((v, i) => {
        scans[i]?.push(v);
      });
    }
    return [...carried, ...scans.map(stacked)];
  },
};

function continues(condition: Value): boolean {
  const holds = knownTruth(condition);
  if (holds === undefined) {
    throw new ShapeError(
      "Loop: the condition depends on the model's inputs, so that the rounds can't be unrolled",
    );
  }
  return holds;
}

/** What the rounds gave, one below the other. */
function stacked(rounds: readonly Value[]): Value {
  if (rounds.length > 0) return stack(rounds);
  throw new ShapeError('no rounds, so that the shape of its results is unknown');
}
