import { claimId, type StatedClaim } from '../claims/define-claim.js';
import { type AnyMethodFile, claimsOf } from '../claims/method-file.js';
import { didYouMean } from '../core/near-names.js';
import { isMethodId, loadMethod, methodIds } from '../methods/index.js';
import { usageError } from './errors.js';

/**
 * The method of a name that was typed.
 *
 * @throws {UserError} with the nearest name there is
 */
export async function methodNamed(name: string): Promise<AnyMethodFile> {
  if (isMethodId(name)) return loadMethod(name);
  throw usageError(`unknown method: ${name}`, didYouMean(name, methodIds) ?? 'see: tutelage methods');
}

/**
 * The claim of a name that was typed: a method's id, or a further experiment's after it, as in `alp-gmm-walker`.
 *
 * @throws {UserError} with the nearest name there is
 */
export async function claimNamed(name: string): Promise<StatedClaim> {
  const ids = methodIds.filter((id) => `${name}-`.startsWith(`${id}-`));
  const files = await Promise.all(ids.map((id) => loadMethod(id)));
  const claims = files.flatMap(claimsOf);
  const found = claims.find((claim) => claimId(claim) === name);
  if (found) return found;
  const hint = didYouMean(name, [...methodIds, ...claims.map(claimId)]) ?? 'see: tutelage methods';
  throw usageError(`unknown method or claim: ${name}`, hint);
}
