import { DOMParser } from 'linkedom';

/** What readers need of a document's nodes; the types of the library that makes them leave most of it open. */
export interface MarkupNode {
  readonly nodeName: string;
  readonly nodeType: number;
  readonly textContent: string | null;
  readonly childNodes: Iterable<MarkupNode>;
}

export interface MarkupElement extends MarkupNode {
  getAttribute(name: string): string | null;
  querySelector(selector: string): MarkupElement | null;
  querySelectorAll(selector: string): Iterable<MarkupElement>;
  remove(): void;
}

/** The root of an XML or HTML document, or null where there is none. Nothing is loaded or run, and no entity of its own is read. */
export function parseMarkup(text: string, type: 'text/xml' | 'text/html'): MarkupElement | null {
  return new DOMParser().parseFromString(text, type).documentElement as MarkupElement | null;
}
