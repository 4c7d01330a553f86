import type { Type } from './value.js';

/** Nested records and lists whose leaves are of one type: how parameters, batches and results are passed around. */
export type Tree<Leaf> = Leaf | readonly Tree<Leaf>[] | { readonly [key: string]: Tree<Leaf> };

/** A tree of the same structure with another type of leaf. */
export type MapTree<T, From, To> = [Tree<From>] extends [T]
  ? Tree<To>
  : T extends From
    ? To
    : T extends readonly unknown[]
      ? { [K in keyof T]: MapTree<T[K], From, To> }
      : T extends object
        ? { [K in keyof T]: MapTree<T[K], From, To> }
        : T;

function isBranch(x: unknown): x is Record<string, unknown> | readonly unknown[] {
  if (typeof x !== 'object' || x === null || ArrayBuffer.isView(x)) return false;
  // Tensors, and types that stand for them.
  if ('dtype' in x && typeof x.dtype === 'string') return false;
  return (
    Array.isArray(x) || Object.getPrototypeOf(x) === Object.prototype || Object.getPrototypeOf(x) === null
  );
}

/** Leaves in a fixed order with their dotted paths, e.g. `layers.0.weight`. Undefined entries are left out. */
export function leavesOf<Leaf>(tree: Tree<Leaf>, path = ''): { path: string; leaf: Leaf }[] {
  if (!isBranch(tree)) return tree === undefined ? [] : [{ path, leaf: tree as Leaf }];
  return Object.entries(tree).flatMap(([key, child]) =>
    leavesOf(child as Tree<Leaf>, path === '' ? key : `${path}.${key}`),
  );
}

/** The structure of a tree with the types of its leaves: equal for trees for which a function is traced alike. */
export function signatureOf(tree: Tree<Type>): string {
  if (tree === undefined) return '';
  if (!isBranch(tree)) return `${(tree as Type).dtype}[${(tree as Type).shape}]`;
  if (Array.isArray(tree)) return `[${tree.map(signatureOf).join()}]`;
  return `{${Object.entries(tree).map(([key, child]) => `${JSON.stringify(key)}:${signatureOf(child)}`)}}`;
}

/** The same structure with every leaf replaced. */
export function mapTree<From, To>(
  tree: Tree<From>,
  fn: (leaf: From, path: string) => To,
  path = '',
): Tree<To> {
  const join = (key: string | number) => (path === '' ? `${key}` : `${path}.${key}`);
  if (!isBranch(tree)) return tree === undefined ? (tree as Tree<To>) : fn(tree as From, path);
  if (Array.isArray(tree)) return tree.map((child: Tree<From>, i) => mapTree(child, fn, join(i)));
  return Object.fromEntries(
    Object.entries(tree).map(([key, child]) => [key, mapTree(child as Tree<From>, fn, join(key))]),
  );
}
