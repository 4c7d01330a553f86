/** Leaves under dotted paths as nested records; a level whose names are all numbers becomes a list. */
export function nested<T>(leaves: ReadonlyMap<string, T>): unknown {
  const children = new Map<string, Map<string, T>>();
  for (const [path, leaf] of leaves) {
    if (path === '') return leaf;
    const dot = path.indexOf('.');
    const [name, rest] = dot < 0 ? [path, ''] : [path.slice(0, dot), path.slice(dot + 1)];
    const child = children.get(name) ?? new Map<string, T>();
    children.set(name, child.set(rest, leaf));
  }
  const names = [...children.keys()];
  if (names.every((name) => /^\d+$/.test(name))) {
    return names.map((_, i) => nested(children.get(String(i))!));
  }
  return Object.fromEntries(names.map((name) => [name, nested(children.get(name)!)]));
}
