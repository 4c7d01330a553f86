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
    options: { detail?: string; hint?: string | undefined; exitCode?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.detail = options.detail;
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? 1;
  }
}

/** Another process holds what is needed: it may be free later. */
export class BusyError extends UserError {}
