import { UserError } from '../core/errors.js';
import { parseAtom } from './arxiv-atom.js';
import { parseHuggingFace } from './hugging-face.js';
import { parseListing } from './listing.js';
import { parseListingHtml } from './listing-html.js';
import { type PaperRecord, withoutDuplicates } from './record.js';

/**
 * Reads papers from whatever a user has saved: the text or HTML of a listing page, an Atom feed, or Hugging Face's JSON.
 *
 * @param today ISO 8601; tells the year of days without one
 * @returns each paper once, in the order of the source
 * @throws {UserError} when it is none of these
 */
export function readPapers(content: string, today: string): PaperRecord[] {
  return withoutDuplicates(recordsOf(content.replace(/^\ufeff/, ''), today));
}

function recordsOf(content: string, today: string): readonly PaperRecord[] {
  const start = content.trimStart().slice(0, 1000);
  if (/^[[{]/.test(start)) return parseHuggingFace(parsedJson(content));
  if (/^(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<feed\b/s.test(start)) return parseAtom(content);
  if (/^<(!doctype|html|!--|head|body|main|article|div)/i.test(start))
    return parseListingHtml(content, today);
  return parseListing(content, today).papers;
}

function parsedJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (error) {
    throw new UserError(`not valid JSON: ${error instanceof Error ? error.message : ''}`);
  }
}
