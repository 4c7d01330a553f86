import type { z } from 'zod';
import type { Method } from '../core/method.js';
import { claimId, type StatedClaim } from './define-claim.js';
import type { ArmResult } from './results.js';

/** What a method tells the user after it has taught on the user's own data. */
export interface Taught {
  /** Lines of the result. */
  readonly lines: readonly string[];
  /** What the arms reached on the test split, for comparisons with other methods of the task. */
  readonly results?: readonly ArmResult[];
}

/** What a method solves. Methods of one task read the same data and give results of the same metrics. */
export type MethodTask = 'classification' | 'retrieval';

/** A paper in the library: the method, the claim that it is tested by, and how it reads the user's own data. */
export interface MethodFile<Params extends z.ZodObject, Input, Output extends Taught> {
  readonly method: Method<Params, Input, Output>;
  readonly claim: StatedClaim;
  /** None where there is no other method to compare with. */
  readonly task?: MethodTask;
  /** What the user's data must be, in a sentence. */
  readonly data: string;
  /** What it costs, in a sentence. */
  readonly cost: string;
  /** What the recorded reproduction says beyond its verdict, for who thinks of using the method. */
  readonly reading: string;
  /** Claims of further experiments, each with its reading. */
  readonly further?: readonly { readonly claim: StatedClaim; readonly reading: string }[];
  /** @throws {UserError} when the data can't be used */
  read(path: string): Promise<Input>;
}

/** A paper whose types are not known. */
export type AnyMethodFile = MethodFile<z.ZodObject, unknown, Taught>;

/**
 * States what a method's file holds, with the types of the method inferred.
 *
 * @throws {RangeError} when the claim is another method's
 */
export function defineMethodFile<Params extends z.ZodObject, Input, Output extends Taught>(
  file: MethodFile<Params, Input, Output>,
): MethodFile<Params, Input, Output> {
  const { method } = file;
  const claims = claimsOf(file);
  const others = claims.find((claim) => claim.method !== method.id);
  if (others) throw new RangeError(`the claim of ${method.id} is ${others.method}'s`);
  const ids = claims.map(claimId);
  const repeated = ids.find((id, i) => ids.indexOf(id) !== i);
  if (repeated !== undefined) throw new RangeError(`two claims have one name: ${repeated}`);
  return file;
}

/** All claims of a method, the first first. */
export function claimsOf({ claim, further = [] }: Pick<AnyMethodFile, 'claim' | 'further'>): StatedClaim[] {
  return [claim, ...further.map((one) => one.claim)];
}
