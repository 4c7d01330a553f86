import type { z } from 'zod';

/**
 * The faults that a schema found, each in words and after its field: `sets.0.kind: invalid option: expected one of ...`, `title: missing`.
 *
 * @param whole what stands in the place of a field where the fault is of the whole value
 */
export function schemaProblems({ issues }: z.ZodError, whole?: string): [string, ...string[]] {
  const texts = issues.map(({ path, message }) => {
    const field = path.join('.') || whole;
    return field === undefined ? inWords(message) : `${field}: ${inWords(message)}`;
  });
  return texts as [string, ...string[]];
}

/** A message of zod behind the field or value that it is about. */
export function inWords(message: string): string {
  if (message.endsWith(', received undefined')) return 'missing';
  return message.charAt(0).toLowerCase() + message.slice(1);
}
