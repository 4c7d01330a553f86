/** The same settings without those that are undefined: an optional property is there or it is not. */
export function given<T extends object>(settings: T): { readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { readonly [K in keyof T]?: Exclude<T[K], undefined> };
}
