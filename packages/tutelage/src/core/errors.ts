/**
 * A fault that the user can mend: a missing file, a wrong column, an impossible option. The command line prints
 * `message`, `detail` and `hint` without a stack trace and ends with `exitCode`.
 */
export class UserError extends Error {
  override readonly name = 'UserError';
  /** What was found, for instance the columns that exist. */
  readonly detail: string | undefined;
  /** What to do about it. */
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(
    message: string,
    given: string | { detail?: string; hint?: string; exitCode?: number; cause?: unknown } = {},
    exitCode = 1,
  ) {
    const options = typeof given === 'string' ? { hint: given, exitCode } : given;
    super(message, { cause: options.cause });
    this.detail = options.detail;
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? 1;
  }
}
