import type { z } from 'zod';
import { didYouMean } from '../core/near-names.js';
import { inWords } from '../core/schema-problem.js';
import { usageError } from './errors.js';
import { fieldOf, kebab } from './flags.js';

/**
 * Reads `--set key=value ...` by a method's parameters. Keys are in camel or kebab case.
 *
 * @throws {UserError} for what is no parameter, or no value of it
 */
export function methodSettings<S extends z.ZodObject>(params: S, words: readonly string[]): z.output<S> {
  const names = Object.keys(params.shape);
  const values: Record<string, unknown> = {};
  for (const word of words) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
    if (key === undefined || value === undefined) throw usageError(`--set: ${word}: must be key=value`);
    const name = names.find((own) => own === key || kebab(own) === key);
    if (name === undefined) {
      throw usageError(
        `--set: unknown parameter: ${key}`,
        didYouMean(key, names) ?? `there are ${names.join(', ')}`,
      );
    }
    values[name] = parsedValue(fieldOf(name, params.shape[name] as z.ZodType).kind, value);
  }
  const read = params.safeParse(values);
  if (read.success) return read.data;
  const { path, message } = read.error.issues[0]!;
  const name = String(path[0]);
  throw usageError(`--set: ${name}=${values[name]}: ${inWords(message)}`);
}

/** What can't be read as a number or switch stays a text, which zod then refuses. */
function parsedValue(kind: string, text: string): unknown {
  if (kind === 'number' && text.trim() !== '' && !Number.isNaN(Number(text))) return Number(text);
  if (kind === 'switch' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
