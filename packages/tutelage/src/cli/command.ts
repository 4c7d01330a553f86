import type { z } from 'zod';
import type { Console } from './console.js';
import type { Parameters } from './flags.js';

/** One command of the command line. */
export interface CliCommand<S extends z.ZodObject = z.ZodObject> extends Parameters<S> {
  run(params: z.infer<S>, io: Console): Promise<void>;
}

/** States a command with the type of its parameters inferred. */
export function defineCommand<S extends z.ZodObject>(command: CliCommand<S>): CliCommand<S> {
  return command;
}
