/** The text of a document with its title before it, as one text; either may be missing or blank. */
export function titled(title: string | null | undefined, text: string | null | undefined): string {
  const [heading = '', body = ''] = [title?.trim(), text?.trim()];
  if (heading === '' || body === '') return heading + body;
  return /[.!?:]$/.test(heading) ? `${heading} ${body}` : `${heading}. ${body}`;
}
