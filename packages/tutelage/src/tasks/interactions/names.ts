/** Names by number, in the order of their first use. */
export interface Names {
  readonly list: readonly string[];
  /** The number of a name, a new one for a new name. */
  add(name: string): number;
  /** The number of a name that is known. */
  find(name: string): number | undefined;
}

export function nameTable(): Names {
  const numbers = new Map<string, number>();
  const list: string[] = [];
  return {
    list,
    add(name) {
      const known = numbers.get(name);
      if (known !== undefined) return known;
      numbers.set(name, list.length);
      list.push(name);
      return list.length - 1;
    },
    find: (name) => numbers.get(name),
  };
}
