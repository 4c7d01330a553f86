import { UserError } from 'tutelage';

export type ProblemStatus = 400 | 401 | 403 | 404 | 409 | 413 | 415 | 502;

/** A fault of a request, with the status that tells its kind. Other faults of the user's are status 400. */
export class Problem extends UserError {
  constructor(
    readonly status: ProblemStatus,
    message: string,
    hint?: string,
  ) {
    super(message, { hint });
  }
}

/** @throws {Problem} with status 404 when there is nothing */
export function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Problem(404, `no such ${what}`);
  return value;
}
