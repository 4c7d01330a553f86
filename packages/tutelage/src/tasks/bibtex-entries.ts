/** An entry of a bibliography: its key, and its fields by their names in lower case. */
export interface BibtexEntry {
  readonly key: string;
  readonly fields: ReadonlyMap<string, string>;
}

/**
 * The entries of a BibTeX file. Values in braces, in quotes or bare are read, without braces and TeX's commands for accents; strings that
 * are put together with # and @string are not, and what can't be read ends its entry.
 */
export function bibtexEntries(text: string): BibtexEntry[] {
  return [...text.matchAll(/@(\w+)\s*\{\s*([^,\s{}"]+)\s*,/g)]
    .filter(([, type]) => !['comment', 'string', 'preamble'].includes(type!.toLowerCase()))
    .map((match) => ({ key: match[2]!, fields: fieldsFrom(text, match.index + match[0].length) }));
}

function fieldsFrom(text: string, start: number): Map<string, string> {
  const fields = new Map<string, string>();
  const name = /\s*([\w-]+)\s*=\s*/y;
  name.lastIndex = start;
  for (let found = name.exec(text); found; found = name.exec(text)) {
    const [value, end] = valueAt(text, name.lastIndex);
    fields.set(found[1]!.toLowerCase(), plainText(value));
    const comma = /\s*,?/y;
    comma.lastIndex = end;
    comma.exec(text);
    name.lastIndex = comma.lastIndex;
  }
  return fields;
}

function valueAt(text: string, start: number): [value: string, end: number] {
  const opening = text[start];
  if (opening !== '{' && opening !== '"') {
    const bare = /[^,}\s]*/y;
    bare.lastIndex = start;
    return [bare.exec(text)![0], bare.lastIndex];
  }
  let depth = 0;
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (depth === 0 && text[at] === (opening === '{' ? '}' : '"'))
      return [text.slice(start + 1, at), at + 1];
    else if (text[at] === '{') depth++;
    else if (text[at] === '}') depth--;
  }
  return [text.slice(start + 1), text.length];
}

function plainText(value: string): string {
  return value
    .replaceAll(/\\(['"`^~=.])\s*/g, '')
    .replaceAll(/\\([&%$#_{}])/g, '$1')
    .replaceAll(/[{}]/g, '')
    .replaceAll('~', ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
