import { UserError } from '../core/errors.js';

/** Exit code of a command that could not be understood. */
export const usageExit = 2;

/** A command line that can't be understood: ends with exit code 2. */
export function usageError(message: string, hint?: string): UserError {
  return new UserError(message, { exitCode: usageExit, hint });
}

/** An error as it is shown to the user, with the exit code to end with. */
export function describeError(
  error: unknown,
  debug: boolean,
): { readonly text: string; readonly exitCode: number } {
  const stack = debug && error instanceof Error ? `\n${error.stack}` : '';
  if (error instanceof UserError) {
    const hint = error.hint === undefined ? undefined : `hint: ${error.hint}`;
    const lines = [`error: ${error.message}`, error.detail, hint].filter((part) => part !== undefined);
    return { text: lines.join('\n') + stack, exitCode: error.exitCode };
  }
  // By its name: its class is in the engine, which takes long to load.
  if (error instanceof Error && error.name === 'ModelFileError') {
    return { text: `error: ${error.message}${stack}`, exitCode: 1 };
  }
  const message = error instanceof Error ? error.message : String(error);
  const advice = debug
    ? ''
    : '\nThis is a fault of tutelage, not yours. Please report it with the command and the output of TUTELAGE_DEBUG=1.';
  return { text: `unexpected error: ${message}${advice}${stack}`, exitCode: 1 };
}
