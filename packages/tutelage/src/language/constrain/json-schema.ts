import { UserError } from '../../core/errors.js';

type Schema = { readonly [key: string]: unknown };

const string = '"(?:[^"\\\\\\u0000-\\u001f]|\\\\(?:["\\\\/bfnrt]|u[0-9a-fA-F]{4}))*"';
const integer = '-?(?:0|[1-9][0-9]{0,15})';
const number = `${integer}(?:\\.[0-9]{1,16})?(?:[eE][-+]?[0-9]{1,2})?`;

/** What a schema may say that has no bearing on which texts fit. */
const remarks = new Set([
  '$schema',
  'title',
  'description',
  'default',
  'examples',
  '$id',
  'format',
  'additionalProperties',
]);

/**
 * The regular expression of a schema's JSON: properties in the schema's order, no spaces but those within strings, no properties beyond
 * those named.
 *
 * Understood are `type` (also several), `enum`, `const`, `anyOf`, `oneOf`, `properties`, `required`, `items`, `minItems`, `maxItems`,
 * `minLength`, `maxLength`, `pattern` and `$ref` to definitions that do not contain themselves.
 *
 * @throws {UserError} for anything else, with the place in the schema
 */
export function schemaExpression(schema: object): RegExp {
  return new RegExp(expressionOf(schema as Schema, { root: schema as Schema, path: '#', within: [] }), 'u');
}

interface Place {
  readonly root: Schema;
  readonly path: string;
  /** References that are being followed. */
  readonly within: readonly string[];
}

const at = (place: Place, name: string): Place => ({ ...place, path: `${place.path}/${name}` });
const group = (choices: readonly string[]): string => `(?:${choices.join('|')})`;
const literal = (value: unknown): string => JSON.stringify(value).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

const understood: Readonly<Record<string, readonly string[]>> = {
  string: ['minLength', 'maxLength', 'pattern'],
  integer: ['minimum', 'maximum'],
  number: [],
  boolean: [],
  null: [],
  object: ['properties', 'required', 'propertyNames'],
  array: ['items', 'minItems', 'maxItems'],
};

function expressionOf(schema: Schema, place: Place): string {
  if (typeof schema.$ref === 'string') return referenced(schema.$ref, place);
  if ('const' in schema) return literal(schema.const);
  if (Array.isArray(schema.enum)) return group(schema.enum.map(literal));
  for (const key of ['anyOf', 'oneOf']) {
    const choices = schema[key];
    if (!Array.isArray(choices)) continue;
    return group(choices.map((choice, i) => expressionOf(choice as Schema, at(place, `${key}/${i}`))));
  }
  const types = [schema.type].flat().map(String);
  const choices = types.map((type) => typed(type, schema, place));
  return choices.length === 1 ? choices[0]! : group(choices);
}

function typed(type: string, schema: Schema, place: Place): string {
  const known = understood[type];
  if (!known) throw refused(place, `type ${type}`);
  const all = new Set(['type', ...Object.values(understood).flat(), ...remarks, '$defs', 'definitions']);
  const unknown = Object.keys(schema).find((key) => !all.has(key));
  if (unknown !== undefined) throw refused(place, unknown);
  switch (type) {
    case 'string':
      return stringOf(schema);
    case 'integer':
      return integerOf(schema, place);
    case 'object':
      return objectOf(schema, place);
    case 'array':
      return arrayOf(schema, place);
    default:
      return { number, boolean: '(?:true|false)', null: 'null' }[type]!;
  }
}

function stringOf({ pattern, minLength = 0, maxLength }: Schema): string {
  if (typeof pattern === 'string') return `"${pattern.replace(/^\^|\$$/g, '')}"`;
  if (minLength === 0 && maxLength === undefined) return string;
  return string.replace(/\)\*"$/, `){${minLength},${maxLength ?? ''}}"`);
}

/** Bounds are held to where they are narrow; wide ones, as those of safe integers, hold by the number of digits. */
function integerOf({ minimum, maximum }: Schema, place: Place): string {
  const [low, high] = [
    Number(minimum ?? Number.MIN_SAFE_INTEGER),
    Number(maximum ?? Number.MAX_SAFE_INTEGER),
  ];
  if (high - low <= 1000) return group(Array.from({ length: high - low + 1 }, (_, i) => String(low + i)));
  if (low === Number.MIN_SAFE_INTEGER && high === Number.MAX_SAFE_INTEGER) return integer;
  if (low === 0 && high === Number.MAX_SAFE_INTEGER) return integer.slice(2);
  throw refused(place, `a range of more than a thousand integers: ${low} to ${high}`);
}

function objectOf(schema: Schema, place: Place): string {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
  const required = new Set((schema.required ?? []) as string[]);
  const fields = properties.map(([name, own]) => ({
    text: `${literal(name)}:${expressionOf(own, at(place, `properties/${name}`))}`,
    needed: required.has(name),
  }));
  // What may follow once a property has been written, from the last to the first.
  const rest = (from: number): string =>
    fields
      .slice(from)
      .map(({ text, needed }) => (needed ? `,${text}` : `(?:,${text})?`))
      .join('');
  const firsts: string[] = [];
  for (const [i, { text, needed }] of fields.entries()) {
    firsts.push(text + rest(i + 1));
    if (needed) return `\\{${group(firsts)}\\}`;
  }
  return `\\{${group([...firsts, ''])}\\}`;
}

function arrayOf({ items, minItems, maxItems }: Schema, place: Place): string {
  if (typeof items !== 'object' || items === null) throw refused(place, 'an array without items');
  const item = expressionOf(items as Schema, at(place, 'items'));
  const least = Number(minItems ?? 0);
  const most = maxItems === undefined ? '' : Number(maxItems) - 1;
  if (maxItems !== undefined && Number(maxItems) < 1) return '\\[\\]';
  const some = `${item}(?:,${item}){${Math.max(0, least - 1)},${most}}`;
  return least > 0 ? `\\[${some}\\]` : `\\[(?:${some})?\\]`;
}

function referenced(reference: string, place: Place): string {
  if (place.within.includes(reference))
    throw refused(place, `a definition that contains itself: ${reference}`);
  const steps = reference
    .replace(/^#\/?/, '')
    .split('/')
    .filter((step) => step !== '');
  const target = steps.reduce<unknown>((found, step) => (found as Schema | undefined)?.[step], place.root);
  if (!reference.startsWith('#') || typeof target !== 'object' || target === null) {
    throw refused(place, `no such definition: ${reference}`);
  }
  return expressionOf(target as Schema, { ...place, path: reference, within: [...place.within, reference] });
}

function refused({ path }: Place, what: string): UserError {
  return new UserError(`answers can't be held to this schema: ${path}: ${what}`, {
    hint: 'leave it out, and check the answers afterwards',
  });
}
