import { UserError } from '../core/errors.js';
import { differences } from '../runs/journal.js';
import type { JsonObject } from '../runs/json.js';
import { createRunAt, type Run } from '../runs/run.js';

/**
 * The run of a training on a user's own data, in a folder of a fixed name: made, or gone on with.
 *
 * @param facts all that the training depends on
 * @throws {UserError} when there is a run of other data or settings
 */
export function ownRun(path: string, name: string, facts: JsonObject): Run {
  const run = createRunAt(path, name, facts);
  const changed = differences(run.config, facts);
  if (changed.length === 0) return run;
  throw new UserError(`this run is of other data or parameters: ${path}`, {
    detail: changed.join('\n'),
    hint: 'choose another folder (--out), or delete this one to begin anew',
  });
}
