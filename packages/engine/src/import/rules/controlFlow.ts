import { ShapeError } from '../../graph/errors.js';
import { sameShape } from '../../graph/shape.js';
import { toNumbers } from '../../graph/tensor.js';
import type { Value } from '../../graph/value.js';
import { constant, showType } from '../../ops/apply.js';
import { reshape, stack, where } from '../../ops/index.js';
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
    const limit = call.optional(0) ? call.knownNumber(0) : Infinity;
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
  throw new ShapeError('Loop: no rounds, so that the shape of its results is unknown');
}
