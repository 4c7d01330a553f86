import { numberOf } from './latex-number.js';

/**
 * The final answer of a solution in words: what the last `\boxed{...}` holds, or what follows the last `####` or `answer is`, or the last
 * number.
 *
 * @returns undefined where there is none of these
 */
export function finalAnswer(solution: string): string | undefined {
  const boxed = lastBoxed(solution);
  if (boxed !== undefined) return boxed.trim();
  const marked = solution.lastIndexOf('####');
  if (marked >= 0) return firstLine(solution.slice(marked + 4));
  const told = [...solution.matchAll(/answer(?:\s+is)?\s*[:=]?\s*(?=\S)/gi)].at(-1);
  if (told) return firstLine(solution.slice(told.index + told[0].length)).replace(/\.$/, '');
  return solution.match(/-?\$?\d[\d,]*(?:\.\d+)?(?:\/\d+)?%?/g)?.at(-1);
}

/**
 * Whether two answers are the same: as whole numbers, as other numbers within a relative 1e-6, as lists part by part, or else as texts without regard to spaces,
 * case, LaTeX's formatting, dollar and percent signs, and units after a number.
 */
export function sameAnswer(found: string, expected: string): boolean {
  const [a, b] = [cleaned(found), cleaned(expected)];
  if (a === b) return true;
  const wanted = numberOf(b);
  if (wanted !== undefined) {
    const own = numberOf(a) ?? numberOf(withoutUnit(a));
    return own !== undefined && sameNumber(own, wanted);
  }
  const [parts, others] = [partsOf(a), partsOf(b)];
  if (others && parts && others.parts.length > 1) {
    return (
      parts.brackets === others.brackets &&
      parts.parts.length === others.parts.length &&
      parts.parts.every((part, i) => sameAnswer(part, others.parts[i]!))
    );
  }
  const bare = withoutUnit(b);
  if (bare !== b && numberOf(bare) !== undefined) return sameAnswer(withoutUnit(a), bare);
  return a.replace(/\s/g, '') === b.replace(/\s/g, '');
}

function sameNumber(a: number, b: number): boolean {
  if (Number.isInteger(a) && Number.isInteger(b)) return a === b;
  return Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b));
}

function lastBoxed(text: string): string | undefined {
  const start = Math.max(text.lastIndexOf('\\boxed{'), text.lastIndexOf('\\fbox{'));
  if (start < 0) return undefined;
  const open = text.indexOf('{', start);
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === '{') depth++;
    else if (text[i] === '}' && --depth === 0) return text.slice(open + 1, i);
  }
  return undefined;
}

function firstLine(text: string): string {
  return text.trim().split('\n', 1)[0]!.trim();
}

function cleaned(text: string): string {
  return text
    .replace(/\\text\s*\{([^{}]*)\}|\\(?:mathrm|mbox|textbf|mathbf)\s*\{([^{}]*)\}/g, ' $1$2 ')
    .replace(/\\(?:left|right|displaystyle|!|,|;|:|quad)/g, '')
    .replace(/\^\s*\{?\s*\\circ\s*\}?|°/g, '')
    .replace(/\\?[$%]|\\\(|\\\)|\\\[|\\\]/g, '')
    .replace(/\\ /g, ' ')
    .replace(/\\[dt]frac/g, '\\frac')
    .replace(/^\s*[a-z]\s*=\s*/i, '')
    .replace(/[.,;]\s*$/, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();
}

/** `12 apples` or `3 cm^2` without what follows the number. */
function withoutUnit(text: string): string {
  return text
    .replace(/^(-?[\d.,/]+(?:\s*\\frac\{\d+\}\{\d+\})?)\s*[a-z][a-z ./]*(?:\^\{?\d\}?)?$/i, '$1')
    .trim();
}

/** The parts of a list between commas that stand in no inner brackets, and the brackets around them. */
function partsOf(text: string): { readonly brackets: string; readonly parts: readonly string[] } | undefined {
  const opened = /^(\\\{|[([{])(.*?)(\\\}|[)\]}])$/s.exec(text);
  const inner = opened ? opened[2]! : text;
  const parts: string[] = [''];
  let depth = 0;
  for (const character of inner) {
    if ('([{'.includes(character)) depth++;
    if (')]}'.includes(character)) depth--;
    if (depth < 0) return undefined;
    if (character === ',' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return { brackets: opened ? opened[1]! + opened[3]! : '', parts: parts.map((part) => part.trim()) };
}
