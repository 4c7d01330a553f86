/** What a rich-text body holds: its words and the links in it, and its links alone, most of which are images. */
export interface RichText {
  readonly text: string;
  readonly links: readonly string[];
}

/**
 * Reads a body that is a JSON list of rich-text operations: the strings under `insert`, with white space collapsed, and those under
 * `url`, in their order. A body that is no JSON is taken as it is.
 */
export function richText(body: string): RichText {
  const parts: string[] = [];
  const links: string[] = [];
  const visit = (section: unknown): void => {
    if (Array.isArray(section)) section.forEach(visit);
    else if (typeof section === 'object' && section !== null) {
      for (const [name, content] of Object.entries(section)) {
        if (typeof content === 'string' && (name === 'insert' || name === 'url')) {
          parts.push(content.replaceAll(/\s+/g, ' ').trim());
          if (name === 'url') links.push(content.trim());
        } else visit(content);
      }
    }
  };
  try {
    visit(JSON.parse(body));
  } catch {
    return { text: body.replaceAll(/\s+/g, ' ').trim(), links };
  }
  return { text: parts.filter((part) => part !== '').join(' '), links };
}
