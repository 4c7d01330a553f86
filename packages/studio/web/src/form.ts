import type { FormSchema } from '@tutelage/studio/api';
import { words } from './format.js';

/** A field of a form that is made from a JSON Schema. */
export interface Field {
  readonly name: string;
  readonly label: string;
  readonly help: string;
  readonly kind: 'text' | 'number' | 'whole' | 'switch' | 'choice';
  /** As it is entered; a switch is `true` or `false`. */
  readonly initial: string;
  readonly required: boolean;
  readonly choices: readonly string[];
  /** Of a text that may be anything: what it may be, by its value. */
  readonly suggestions?: readonly { readonly id: string; readonly description: string }[];
  readonly low: Bound | undefined;
  readonly high: Bound | undefined;
}

interface Bound {
  readonly value: number;
  /** Whether the value itself is out of bounds. */
  readonly open: boolean;
}

type Setting = string | number | boolean;

/** The fields of a form, in the order of the schema. Properties that no field can be made for are left out. */
export function fieldsOf(schema: FormSchema): Field[] {
  const properties = record(schema.properties);
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.entries(properties).flatMap(([name, value]) => {
    const property = record(value);
    const kind = kindOf(property);
    if (kind === undefined) return [];
    return {
      name,
      label: words(name),
      help: typeof property.description === 'string' ? property.description : '',
      kind,
      initial: property.default === undefined ? (kind === 'switch' ? 'false' : '') : String(property.default),
      required: required.includes(name),
      choices: Array.isArray(property.enum) ? property.enum.map(String) : [],
      low: bound(property.minimum, property.exclusiveMinimum, -Number.MAX_SAFE_INTEGER),
      high: bound(property.maximum, property.exclusiveMaximum, Number.MAX_SAFE_INTEGER),
    };
  });
}

function kindOf({ type, enum: choices }: Record<string, unknown>): Field['kind'] | undefined {
  if (Array.isArray(choices)) return 'choice';
  if (type === 'boolean') return 'switch';
  if (type === 'integer') return 'whole';
  return type === 'number' ? 'number' : type === 'string' ? 'text' : undefined;
}

/** A bound of the schema; that of all whole numbers is none. */
function bound(closed: unknown, open: unknown, trivial: number): Bound | undefined {
  if (typeof open === 'number') return { value: open, open: true };
  return typeof closed === 'number' && closed !== trivial ? { value: closed, open: false } : undefined;
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** What is wrong with what was entered in a field, in words; undefined when it can be taken. */
export function mistakeIn(field: Field, entered: string): string | undefined {
  const text = entered.trim();
  if (text === '') return field.required ? 'is needed' : undefined;
  if (field.kind === 'choice') return field.choices.includes(text) ? undefined : 'is not one of the choices';
  if (field.kind !== 'number' && field.kind !== 'whole') return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) return 'is not a number';
  if (field.kind === 'whole' && !Number.isInteger(value)) return 'is not a whole number';
  const { low, high } = field;
  if (low && (low.open ? value <= low.value : value < low.value))
    return `must be ${low.open ? 'above' : 'at least'} ${low.value}`;
  if (high && (high.open ? value >= high.value : value > high.value))
    return `must be ${high.open ? 'below' : 'at most'} ${high.value}`;
  return undefined;
}

/** The settings that were changed, as the API takes them: what is empty or as it was is left out. */
export function settingsOf(
  fields: readonly Field[],
  entered: Readonly<Record<string, string>>,
): Record<string, Setting> {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const text = (entered[field.name] ?? field.initial).trim();
      return text === '' || text === field.initial ? [] : [[field.name, settingOf(field, text)]];
    }),
  );
}

function settingOf({ kind }: Field, text: string): Setting {
  if (kind === 'switch') return text === 'true';
  return kind === 'number' || kind === 'whole' ? Number(text) : text;
}
