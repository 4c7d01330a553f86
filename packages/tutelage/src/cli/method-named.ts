import type { AnyMethodFile } from '../claims/method-file.js';
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
