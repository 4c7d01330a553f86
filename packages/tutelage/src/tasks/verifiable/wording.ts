import { random } from '@tutelage/engine';

/**
 * A pattern of sentences: `[a|b]` is a choice of words, `{name}` a place to fill. Each way of choosing is a template of its own.
 */
export type Pattern = string;

/** Which templates are used: those to learn from, or those held out to be tested on. */
export type Share = 'train' | 'test';

/** One template in so many is held out. */
const heldOut = 4;

/** All templates of some patterns. */
export function templatesOf(patterns: readonly Pattern[]): string[] {
  return patterns.flatMap((pattern) =>
    pattern
      .split(/\[([^\]]*)\]/)
      .reduce<string[]>(
        (sentences, part, i) =>
          i % 2 === 0
            ? sentences.map((s) => s + part)
            : sentences.flatMap((s) => part.split('|').map((choice) => s + choice)),
        [''],
      ),
  );
}

/**
 * The templates of a share: which template belongs where depends on its words alone, so that the shares are disjoint. Choices of which
 * a held-out template is made occur in other templates too.
 */
export function templatesFor(patterns: readonly Pattern[], share: Share): readonly string[] {
  return templatesOf(patterns).filter((template) => isHeldOut(template) === (share === 'test'));
}

function isHeldOut(template: string): boolean {
  return random.key(template).lo % heldOut === 0;
}

/** A template with its places filled, with one space between words and a capital at the start. */
export function filled(template: string, values: Readonly<Record<string, string | number>>): string {
  const text = template
    .replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[name];
      if (value === undefined) throw new RangeError(`nothing to fill {${name}} with: ${template}`);
      return String(value);
    })
    .replace(/\s+/g, ' ')
    .replace(/ ([.,?])/g, '$1')
    .trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
