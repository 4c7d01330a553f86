/** An object of a Python class, as what it was made of; nothing of it is run. */
export interface PickledObject {
  /** Module and name of the class or function that made it. */
  readonly of: string;
  readonly given: readonly Pickled[];
  state: Pickled;
  readonly items: Map<Pickled, Pickled>;
}

/** What a pickle holds. Python 2 does not tell bytes from text: both are strings of one character a byte. */
export type Pickled =
  | null
  | boolean
  | number
  | string
  | Pickled[]
  | Map<Pickled, Pickled>
  | PickledObject
  /** A class or function. */
  | { readonly name: string };

const mark = Symbol('mark');

/**
 * Reads a Python pickle of protocol 2 or less, as far as plain containers, numbers and NumPy arrays need (the opcodes of Python's
 * pickletools). Nothing is imported or called: objects stay descriptions of themselves.
 *
 * @throws {RangeError} for an opcode that is not known, or a pickle that ends too early
 */
export function unpickle(bytes: Buffer): Pickled {
  const stack: (Pickled | typeof mark)[] = [];
  const kept = new Map<number, Pickled>();
  let at = 0;
  const number = (width: number) => {
    at += width;
    return width === 4 ? bytes.readInt32LE(at - 4) : bytes.readUIntLE(at - width, width);
  };
  const text = (length: number) => {
    at += length;
    if (at > bytes.length) throw new RangeError('the pickle ends too early');
    return bytes.toString('latin1', at - length, at);
  };
  const line = () => {
    const end = bytes.indexOf('\n', at);
    if (end < 0) throw new RangeError('the pickle ends too early');
    const found = text(end - at);
    at++;
    return found;
  };
  const pop = () => {
    const value = stack.pop();
    if (value === undefined || value === mark) throw new RangeError('not a pickle: its stack is empty');
    return value;
  };
  const top = () => {
    const value = pop();
    stack.push(value);
    return value;
  };
  const several = (count: number) => Array.from({ length: count }, pop).reverse();
  const sinceMark = () => {
    const from = stack.lastIndexOf(mark);
    if (from < 0) throw new RangeError('not a pickle: a mark is missing');
    return stack.splice(from).slice(1) as Pickled[];
  };
  const made = () => {
    const given = pop() as Pickled[];
    const { name } = pop() as { readonly name: string };
    stack.push({ of: name, given, state: null, items: new Map() });
  };
  const setItems = (items: readonly Pickled[]) => {
    const owner = top() as PickledObject | Map<Pickled, Pickled>;
    const target = owner instanceof Map ? owner : owner.items;
    for (let i = 0; i < items.length; i += 2) target.set(items[i]!, items[i + 1]!);
  };
  const steps: Readonly<Record<string, () => void>> = {
    '\x80': () => void number(1),
    '(': () => void stack.push(mark),
    c: () => void stack.push({ name: `${line()}.${line()}` }),
    q: () => void kept.set(number(1), top()),
    r: () => void kept.set(number(4), top()),
    h: () => void stack.push(kept.get(number(1))!),
    j: () => void stack.push(kept.get(number(4))!),
    N: () => void stack.push(null),
    '\x88': () => void stack.push(true),
    '\x89': () => void stack.push(false),
    K: () => void stack.push(number(1)),
    M: () => void stack.push(number(2)),
    J: () => void stack.push(number(4)),
    U: () => void stack.push(text(number(1))),
    T: () => void stack.push(text(number(4))),
    ')': () => void stack.push([]),
    ']': () => void stack.push([]),
    '}': () => void stack.push(new Map()),
    '\x85': () => void stack.push(several(1)),
    '\x86': () => void stack.push(several(2)),
    '\x87': () => void stack.push(several(3)),
    t: () => void stack.push(sinceMark()),
    R: made,
    '\x81': made,
    b() {
      const state = pop();
      (top() as PickledObject).state = state;
    },
    a() {
      const item = pop();
      (top() as Pickled[]).push(item);
    },
    e() {
      const items = sinceMark();
      (top() as Pickled[]).push(...items);
    },
    s: () => setItems(several(2)),
    u: () => setItems(sinceMark()),
  };
  for (;;) {
    const code = text(1);
    if (code === '.') return pop();
    const step = steps[code];
    if (!step) throw new RangeError(`not a pickle that can be read: opcode ${code.charCodeAt(0)}`);
    step();
  }
}
