/** What a student is asked. */
export interface Item {
  readonly input: string;
  /** The object of a JSON line, which the answer is added to. */
  readonly row?: Readonly<Record<string, unknown>>;
}

/** The lines to print for some items, in their order. */
export type Answer = (items: readonly Item[]) => Promise<string[]>;

/** A line of JSON: the row that was given, or the input, with the answer added. */
export function jsonLine({ input, row }: Item, answer: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ ...(row ?? { input }), ...answer });
}
