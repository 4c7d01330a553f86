import { Command, CommanderError, Option } from 'commander';
import { z } from 'zod';
import { didYouMean } from '../core/near-names.js';
import { inWords } from '../core/schema-problem.js';
import { usageError } from './errors.js';

/** A command's parameters: every field has a description; those named in `positional` are arguments, the others flags. */
export interface Parameters<S extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly summary: string;
  readonly params: S;
  readonly positional: readonly (string & keyof z.infer<S>)[];
  /** Command lines that show what it is for. */
  readonly examples?: readonly string[];
}

export interface Field {
  readonly name: string;
  readonly kind: 'text' | 'number' | 'switch' | 'choice' | 'list';
  readonly choices: readonly string[];
  readonly description: string;
  readonly required: boolean;
  readonly default: unknown;
}

/**
 * Reads a command line by a zod object: names become flags in kebab case, booleans become switches (`--no-` where the default is
 * true), lists take several words, and `--help` tells of types, choices and defaults.
 *
 * @returns the checked parameters, or undefined if help was asked for and printed
 * @throws {UserError} with exit code 2 for what can't be understood
 */
export function parseFlags<S extends z.ZodObject>(
  command: Parameters<S>,
  words: readonly string[],
  print: (text: string) => void,
): z.infer<S> | undefined {
  const fields = Object.entries(command.params.shape).map(([name, type]) => fieldOf(name, type as z.ZodType));
  const parser = parserOf(command, fields, print);
  try {
    parser.parse(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return undefined;
    throw usageError(plain(error.message), `see: tutelage ${command.name} --help`);
  }
  const given: Record<string, unknown> = parser.opts();
  command.positional.forEach((name, i) => {
    if (parser.processedArgs[i] !== undefined) given[name] = parser.processedArgs[i];
  });
  return checked(command, fields, given);
}

function parserOf(
  { name, summary, positional, examples = [] }: Parameters,
  fields: readonly Field[],
  print: (text: string) => void,
): Command {
  const parser = new Command(`tutelage ${name}`)
    .description(summary)
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => {}, outputError: () => {} })
    .helpOption('-h, --help', 'show this help');
  for (const field of fields) {
    const { kind, required, description } = field;
    if (positional.includes(field.name)) {
      const label = kebab(field.name) + (kind === 'list' ? '...' : '');
      parser.argument(required ? `<${label}>` : `[${label}]`, description);
    } else parser.addOption(optionOf(field));
  }
  if (examples.length > 0) {
    parser.addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}`);
  }
  return parser;
}

/** Values stay as typed: zod reads them, so that one place decides what is allowed. */
function optionOf({ name, kind, choices, description, default: value }: Field): Option {
  const flag = `--${kebab(name)}`;
  const type = { text: ' <text>', number: ' <number>', choice: ' <choice>', list: ' <words...>', switch: '' }[
    kind
  ];
  const shown = [
    ...(choices.length > 0 ? [`one of ${choices.join(', ')}`] : []),
    ...(typeof value === 'boolean' || valueText(value) === '' ? [] : [`default: ${valueText(value)}`]),
  ];
  const text = description + (shown.length > 0 ? ` (${shown.join('; ')})` : '');
  return kind === 'switch' && value === true
    ? new Option(`--no-${kebab(name)}`, text)
    : new Option(flag + type, text);
}

function checked<S extends z.ZodObject>(
  command: Parameters<S>,
  fields: readonly Field[],
  given: Readonly<Record<string, unknown>>,
): z.infer<S> {
  const values = Object.fromEntries(
    fields.flatMap((field) => {
      const value = given[field.name];
      return value === undefined
        ? []
        : [[field.name, field.kind === 'number' ? numberOf(field, value) : value]];
    }),
  );
  const result = command.params.safeParse(values);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const field = fields.find(({ name }) => name === issue.path[0]);
  if (!field) throw usageError(issue.message);
  const value = String(values[field.name]);
  if (field.kind === 'choice') {
    throw usageError(
      `${shownName(command, field)}: ${value}: not one of ${field.choices.join(', ')}`,
      didYouMean(value, field.choices),
    );
  }
  const shown = shownName(command, field);
  if (values[field.name] === undefined) {
    throw usageError(`${shown}: ${inWords(issue.message)}`, `see: tutelage ${command.name} --help`);
  }
  throw usageError(`${shown}: ${value}: ${inWords(issue.message)}`);
}

function numberOf(field: Field, value: unknown): number {
  const text = String(value).trim();
  const number = text === '' ? Number.NaN : Number(text);
  if (Number.isNaN(number)) throw usageError(`--${kebab(field.name)}: ${value}: not a number`);
  return number;
}

function shownName({ positional }: Parameters, { name }: Field): string {
  return positional.includes(name) ? kebab(name) : `--${kebab(name)}`;
}

/** A field of a zod object without its wrappers. */
export function fieldOf(name: string, type: z.ZodType): Field {
  const description = type.description ?? '';
  let inner: unknown = type;
  let required = true;
  let value: unknown;
  for (;;) {
    if (inner instanceof z.ZodDefault) {
      value = inner.def.defaultValue;
      required = false;
      inner = inner.unwrap();
    } else if (inner instanceof z.ZodOptional) {
      required = false;
      inner = inner.unwrap();
    } else break;
  }
  const common = { name, description, required, default: value, choices: [] };
  if (inner instanceof z.ZodBoolean) return { ...common, kind: 'switch' };
  if (inner instanceof z.ZodNumber) return { ...common, kind: 'number' };
  if (inner instanceof z.ZodArray) return { ...common, kind: 'list' };
  if (inner instanceof z.ZodEnum) return { ...common, kind: 'choice', choices: inner.options.map(String) };
  return { ...common, kind: 'text' };
}

/** A default as it is shown; empty where there is none. */
export function valueText(value: unknown): string {
  return value === undefined ? '' : String(value);
}

export function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Commander's message without its own mark; its suggestion is kept. */
function plain(message: string): string {
  return message.replace(/^error: /, '').replaceAll(/\n\(Did you mean (.*)\?\)/g, ' (did you mean $1?)');
}
