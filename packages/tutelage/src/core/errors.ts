/** A mistake or a circumstance that the user can mend: shown without a stack trace, with a hint on what to do. */
export class UserError extends Error {
  constructor(
    message: string,
    readonly hint?: string,
    readonly exitCode = 1,
  ) {
    super(message);
    this.name = 'UserError';
  }
}
