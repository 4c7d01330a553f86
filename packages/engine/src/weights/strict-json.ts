import { ModelFileError } from '../onnx/errors.js';

const MAX_DEPTH = 32;
const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/**
 * Parses JSON from an untrusted file. Unlike `JSON.parse` alone it refuses invalid UTF-8, deep nesting, and keys that
 * occur twice in one object, about which two readers of one file may disagree. Throws `ModelFileError`.
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    checkKeys(text);
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof ModelFileError) throw error;
    throw new ModelFileError('not valid JSON');
  }
}

function checkKeys(text: string): void {
  const keysOfOpen: Set<string>[] = [];
  for (let position = 0; position < text.length; position++) {
    switch (text[position]) {
      case '{':
      case '[':
        if (keysOfOpen.push(new Set()) > MAX_DEPTH)
          throw new ModelFileError(`JSON nested deeper than ${MAX_DEPTH}`);
        break;
      case '}':
      case ']':
        keysOfOpen.pop();
        break;
      case '"': {
        const end = endOfString(text, position);
        if (isKey(text, end)) addKey(keysOfOpen.at(-1), JSON.parse(text.slice(position, end)));
        position = end - 1;
      }
    }
  }
}

/** The position after a string's closing quote. */
function endOfString(text: string, start: number): number {
  for (let position = start + 1; position < text.length; position++) {
    const code = text.charCodeAt(position);
    if (code === QUOTE) return position + 1;
    if (code === BACKSLASH) position++;
  }
  return text.length;
}

function isKey(text: string, afterString: number): boolean {
  let position = afterString;
  while (' \t\r\n'.includes(text[position] ?? 'end')) position++;
  return text.charCodeAt(position) === COLON;
}

function addKey(keys: Set<string> | undefined, key: string): void {
  if (keys?.has(key)) throw new ModelFileError(`key occurs twice in JSON: '${key}'`);
  keys?.add(key);
}
