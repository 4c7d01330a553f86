/**
 * The value of a number as mathematicians write it: decimals, thousands separators, fractions (`3/4`, `\frac{3}{4}`, `1\frac12`), roots,
 * powers, pi, products and sums, in plain text or LaTeX.
 *
 * @returns undefined for what is no number, such as a word or an expression with variables
 */
export function numberOf(text: string): number | undefined {
  const tokens = tokensOf(text);
  if (!tokens || tokens.length === 0) return undefined;
  const reader = { tokens, at: 0 };
  const value = sum(reader);
  return reader.at === tokens.length && value !== undefined && Number.isFinite(value) ? value : undefined;
}

interface Reader {
  readonly tokens: string[];
  at: number;
}

/** Deeper nesting is not a number that anyone wrote. */
const longest = 200;

function tokensOf(text: string): string[] | undefined {
  const plain = text
    .replace(/\\(?:left|right|[!,;: ])/g, '')
    .replace(/\\[dt]frac/g, '\\frac')
    .replace(/[−–]/g, '-')
    .replace(/(\d),(?:\\!)?(?=\d{3}(?!\d))/g, '$1');
  if (plain.length > longest) return undefined;
  const tokens = plain.match(/\d+\.?\d*|\.\d+|\\[a-z]+|[-+*/^(){}·×÷π√]|\s+|./giu) ?? [];
  const known = /^(?:\d|\.\d|\\(?:frac|sqrt|pi|cdot|times|div)$|[-+*/^(){}·×÷π√]$)/u;
  const kept = tokens.filter((token) => token.trim() !== '');
  return kept.every((token) => known.test(token)) ? kept : undefined;
}

function take(reader: Reader, ...wanted: string[]): string | undefined {
  const token = reader.tokens[reader.at];
  if (token === undefined || !wanted.includes(token)) return undefined;
  reader.at++;
  return token;
}

function sum(reader: Reader): number | undefined {
  let value = product(reader);
  for (let sign = take(reader, '+', '-'); sign && value !== undefined; sign = take(reader, '+', '-')) {
    const next = product(reader);
    value = next === undefined ? undefined : sign === '+' ? value + next : value - next;
  }
  return value;
}

function product(reader: Reader): number | undefined {
  let value = signed(reader);
  while (value !== undefined) {
    const operator = take(reader, '*', '\\cdot', '\\times', '·', '×', '/', '\\div', '÷');
    if (operator === undefined && !startsFactor(reader)) return value;
    const mixed = operator === undefined && reader.tokens[reader.at] === '\\frac' && Number.isInteger(value);
    const next = signed(reader);
    if (next === undefined) return undefined;
    if (mixed) value += value < 0 ? -next : next;
    else value = operator === '/' || operator === '\\div' || operator === '÷' ? value / next : value * next;
  }
  return value;
}

function startsFactor({ tokens, at }: Reader): boolean {
  return /^(?:\(|\\frac|\\sqrt|\\pi|π|√)$/u.test(tokens[at] ?? '');
}

function signed(reader: Reader): number | undefined {
  if (take(reader, '+')) return signed(reader);
  if (take(reader, '-')) {
    const value = signed(reader);
    return value === undefined ? undefined : -value;
  }
  const base = factor(reader);
  if (base === undefined || !take(reader, '^')) return base;
  const exponent = reader.tokens[reader.at] === '-' ? signed(reader) : factor(reader);
  return exponent === undefined ? undefined : base ** exponent;
}

function factor(reader: Reader): number | undefined {
  const token = reader.tokens[reader.at++];
  if (token === undefined) return undefined;
  if (/^[\d.]/.test(token)) return Number(token);
  if (token === '\\pi' || token === 'π') return Math.PI;
  if (token === '\\sqrt' || token === '√') {
    const value = argument(reader);
    return value === undefined ? undefined : Math.sqrt(value);
  }
  if (token === '\\frac') {
    const [above, below] = [argument(reader), argument(reader)];
    return above === undefined || below === undefined ? undefined : above / below;
  }
  const closing = token === '(' ? ')' : token === '{' ? '}' : undefined;
  if (closing === undefined) return undefined;
  const value = sum(reader);
  return take(reader, closing) ? value : undefined;
}

/** What a command stands before: a group, or one digit as in `\frac12`. */
function argument(reader: Reader): number | undefined {
  const token = reader.tokens[reader.at];
  // The rest of the digits are the next argument's.
  if (token && /^\d\d+$/.test(token)) reader.tokens.splice(reader.at, 1, token[0]!, token.slice(1));
  return factor(reader);
}
