import { z } from 'zod';

export const parameterSchema = z
  .strictObject({
    name: z.string().min(1),
    min: z.number(),
    max: z.number(),
    scale: z.enum(['linear', 'log']).default('linear'),
    /** Whether values are rounded. */
    integer: z.boolean().default(false),
    choices: z
      .undefined({ error: 'a parameter of choices has no order to teach along; make an exercise for each' })
      .optional(),
  })
  .superRefine(({ name, min, max, scale }, context) => {
    if (!(max > min)) context.addIssue(`${name}: max must be greater than min`);
    else if (scale === 'log' && min <= 0) context.addIssue(`${name}: a log scale needs a positive min`);
  });

/** A number that makes an exercise easier or harder. */
export type Parameter = z.output<typeof parameterSchema>;

/** The values of parameters at a place of the unit box. */
export function valuesAt(parameters: readonly Parameter[], task: readonly number[]): Record<string, number> {
  return Object.fromEntries(
    parameters.map(({ name, min, max, scale, integer }, i) => {
      const value = scale === 'log' ? min * (max / min) ** task[i]! : min + (max - min) * task[i]!;
      return [name, integer ? Math.round(value) : value];
    }),
  );
}

/** Where a value is between its parameter's bounds, in [0, 1]. */
export function placeOf({ min, max, scale }: Parameter, value: number): number {
  return scale === 'log' ? Math.log(value / min) / Math.log(max / min) : (value - min) / (max - min);
}
