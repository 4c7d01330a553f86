const idle = new Set(
  `a about also an and are as at be been both but by can do does for from had has have how however if in into is it its more most no
  not of on or our over paper propose proposed results show shows so such than that the their them then there these they this to
  under use used using was we were what when where which while who why will with within without`.split(/\s+/),
);

/** The words of a text that carry meaning: lower case, two characters or more. */
export function words(text: string): string[] {
  const found = text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .match(/[\p{Letter}\p{Number}]+/gu);
  return (found ?? []).filter((word) => word.length > 1 && !idle.has(word));
}

const endings = ['ations', 'ation', 'ings', 'ing', 'ers', 'er', 'ed', 'es', 's', 'ly', 'ment', 'al'];

/** A word without its ending, so that `distilled` and `distillation` are one term. */
export function stem(word: string): string {
  const ending = endings.find((one) => word.endsWith(one) && word.length - one.length >= 4);
  return ending === undefined ? word : word.slice(0, -ending.length);
}
