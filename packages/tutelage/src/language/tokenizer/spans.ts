import { UserError } from '../../core/errors.js';
import { byteCharacters } from './byte-characters.js';
import type { Tokenizer } from './tokenizer.js';

/** A text in tokens. */
export interface SpannedText {
  readonly tokens: readonly number[];
  /** Where each token ends in the UTF-8 of the text, in bytes. */
  readonly ends: readonly number[];
}

/**
 * Cuts a text into tokens, as mere data, and says where each ends. Tokens may end within a character.
 *
 * @param whose tokenizer it is, for the error
 * @throws {UserError} where the tokens do not spell the text, since the tokenizer normalizes it or has no token for a part of it
 */
export function spannedText(tokenizer: Tokenizer, text: string, whose = 'the'): SpannedText {
  const { tokens, ends, spelled } = spell(tokenizer, text);
  if (spelled === text) return { tokens, ends };
  throw new UserError(`${whose} tokenizer changes texts: ${JSON.stringify(excerpt(text))}`, {
    detail: `its tokens say ${JSON.stringify(excerpt(spelled))}`,
    hint: 'positions in such a text cannot be compared with those of another tokenizer: leave the text out, or let the student learn answers as text (sequence-level)',
  });
}

/** What a tokenizer makes of a text, where that is another text. */
export function misspelling(tokenizer: Tokenizer, text: string): string | undefined {
  const { spelled } = spell(tokenizer, text);
  return spelled === text ? undefined : spelled;
}

function spell(tokenizer: Tokenizer, text: string): SpannedText & { readonly spelled: string } {
  const bytesOf = tokenSpelling(tokenizer);
  const tokens = tokenizer.encodePlain(text);
  const pieces = tokens.map(bytesOf);
  const all = Buffer.concat(pieces).toString('utf8');
  // Tokenizers of SentencePiece put a space in front of a text, which is no part of it.
  const added = all === ` ${text}` ? 1 : 0;
  let end = -added;
  const ends = pieces.map((piece) => {
    end += piece.length;
    return end;
  });
  return { tokens, ends, spelled: all.slice(added) };
}

const excerpt = (text: string) => (text.length > 60 ? `${text.slice(0, 60)}...` : text);
const spellings = new WeakMap<Tokenizer, (id: number) => Uint8Array>();

/** The bytes that a token stands for within a text. */
function tokenSpelling(tokenizer: Tokenizer): (id: number) => Uint8Array {
  const known = spellings.get(tokenizer);
  if (known) return known;
  const bytes = new Map<string, number>(byteCharacters().map((character, byte) => [character, byte]));
  const decoders = new Set(partsOf(tokenizer.files.tokenizer.decoder).map(({ type }) => type));
  const pieces = piecesOf(tokenizer);
  const found = (id: number): Uint8Array => {
    const piece = pieces.get(id) ?? '';
    if (decoders.has('ByteLevel')) return Uint8Array.from(piece, (character) => bytes.get(character) ?? 0);
    const byte = decoders.has('ByteFallback') && /^<0x([0-9A-F]{2})>$/.exec(piece);
    return byte ? Uint8Array.of(Number.parseInt(byte[1]!, 16)) : Buffer.from(piece.replaceAll('\u2581', ' '));
  };
  spellings.set(tokenizer, found);
  return found;
}

interface Part {
  readonly type?: unknown;
  readonly decoders?: unknown;
}

/** A decoder's parts: itself, or those of a sequence. */
function partsOf(decoder: unknown): Part[] {
  if (typeof decoder !== 'object' || decoder === null) return [];
  const { decoders } = decoder as Part;
  return Array.isArray(decoders) ? decoders.flatMap(partsOf) : [decoder];
}

/** A vocabulary is a table of ids, or a list of pieces with their scores. */
function piecesOf({ files }: Tokenizer): Map<number, string> {
  const { model } = files.tokenizer as { readonly model?: { readonly vocab?: unknown } };
  const vocab = model?.vocab;
  if (Array.isArray(vocab)) return new Map(vocab.map((entry, id) => [id, String(entry[0])]));
  return new Map(Object.entries((vocab ?? {}) as Record<string, number>).map(([piece, id]) => [id, piece]));
}
