import type { Pattern } from './wording.js';

export const people = [
  { name: 'Anna', they: 'she' },
  { name: 'Ben', they: 'he' },
  { name: 'Carla', they: 'she' },
  { name: 'David', they: 'he' },
  { name: 'Emma', they: 'she' },
  { name: 'Farid', they: 'he' },
  { name: 'Grace', they: 'she' },
  { name: 'Hugo', they: 'he' },
  { name: 'Ines', they: 'she' },
  { name: 'Jakob', they: 'he' },
  { name: 'Kira', they: 'she' },
  { name: 'Leo', they: 'he' },
  { name: 'Mina', they: 'she' },
  { name: 'Noah', they: 'he' },
  { name: 'Olga', they: 'she' },
  { name: 'Paul', they: 'he' },
] as const;

export const things = [
  'apples',
  'beads',
  'books',
  'buttons',
  'cards',
  'coins',
  'cookies',
  'eggs',
  'flowers',
  'marbles',
  'nuts',
  'pencils',
  'shells',
  'stamps',
  'stickers',
  'stones',
  'tickets',
  'toys',
] as const;

/** What the first quantity is made of: a number, or {a} heaps of {b} each. */
export const openings = {
  number: [
    '[|This morning |On Monday |At first ]{name} has {a} {things}[ in a box| in a bag| on the table|].',
    '[There are|One can see|Somebody counts] {a} {things} [in the box|in the bag|on the shelf|on the table] of {name}.',
    '{name} [starts with|owns|keeps|begins with] {a} {things}[ at home| at school| in the garden|].',
    '[In the morning|On Monday|At first|Today] there are {a} {things} that belong to {name}.',
  ],
  groups: [
    '{name} [has|owns|fills|buys] {a} [boxes|bags|baskets|jars] [with|of] {b} {things} each.',
    '[There are|Somebody counts] {a} [boxes|bags|baskets|jars], and each of them [holds|contains] {b} {things} of {name}.',
    '{name} [has|lays out] {a} rows of {things}, with {b} {things} in [each|every] row.',
    '[Every|Each] one of {a} friends [gives|brings|hands] {name} {b} {things}.',
  ],
} as const satisfies Record<string, readonly Pattern[]>;

/** What changes the quantity in between, by {n}. */
export const events = {
  gain: [
    '[|Then |Later |After lunch |The next day ]{name} [buys|finds|gets|wins|collects] {n} [more|further|extra] {things}.',
    '[|Then |Later |After lunch |The next day ]{they} [picks up|receives|earns|makes] {n} [more|further|extra] {things}[ on the way home| from a friend| at the market|].',
    '[A friend|An uncle|The teacher|A neighbour] [gives|brings|sends] {name} {n} [more|further|extra] {things}.',
    '[Then|Later|The next day] {n} [more|further|extra] {things} are [added|put there].',
  ],
  loss: [
    '[|Then |Later |After lunch |The next day ]{name} [loses|sells|gives away|breaks|drops] {n} {things}.',
    '[|Then |Later |After lunch |The next day ]{they} [hands out|loses|sells|gives away|throws out] {n} of them[ on the way home| to a friend| at the market|].',
    '[A friend|An uncle|The teacher|A neighbour] [takes|borrows|asks for and gets] {n} of the {things}.',
    '[Then|Later|The next day] {n} of the {things} are [lost|sold|gone|broken].',
  ],
  times: [
    '[|Then |Later |The next day ]{name} [works|trades|saves] until there are {n} times as many {things}.',
    '[Then|Later|The next day|In the end] the number of {things} [grows to|becomes|rises to] {n} times what it was.',
    '[|Then |Later |The next day ]a [machine|magician|kind aunt] makes {n} {things} out of every one.',
  ],
  share: [
    '[|Then |Later |After lunch |The next day ]{name} [splits|divides|sorts] the {things} into {n} equal [parts|heaps] and keeps one[ of them|].',
    '[|Then |Later |After lunch |The next day ]{they} [shares|divides] all {things} [fairly|equally] among {n} children, of whom {they} is one.',
    '[Then|Later|The next day|In the end] only one {thing} in every {n} is [left|kept|still there].',
  ],
} as const satisfies Record<string, readonly Pattern[]>;

/** What is asked; all but the plain question are a step of their own, by {n}. */
export const questions = {
  left: [
    'How many {things} does {name} have [now|in the end|at last|then]?',
    '[What is the number of|Tell the number of|Count the] {things} that {name} has [now|in the end|at last|then].',
    'How many {things} are there [now|in the end|at last|then]?',
  ],
  together: [
    '{other} [has|owns|keeps] {n} {things}. How many {things} do {name} and {other} have [together|in total|altogether]?',
    'If {other} [puts|lays|adds] {n} {things} [to them|beside them], how many are there [together|in total|altogether]?',
  ],
  more: [
    '{other} [has|owns|keeps] {n} {things} more than {name}[ has|]. How many {things} does {other} have?',
    'How many {things} does {other} have, if {they} has {n} [fewer|less] than {other}?',
  ],
  fewer: [
    '{other} [has|owns|keeps] {n} {things} [fewer|less] than {name}[ has|]. How many {things} does {other} have?',
    'How many {things} does {other} have, if {they} has {n} more than {other}?',
  ],
  difference: [
    '{other} [has|owns|keeps] {n} {things}. How many [more|further] {things} does {name} have than {other}?',
    '{other} [has|owns|keeps] {n} {things}. By how many {things} is {name} [ahead|in front|richer]?',
  ],
  price: [
    '[Each|Every|One] of the {things} [costs|is worth|sells for] {n} [cents|dollars|euros]. What are all {things} of {name} worth?',
    'How [much|many cents] does {name} get, if {they} sells all {things} at {n} [cents|dollars|euros] each?',
  ],
} as const satisfies Record<string, readonly Pattern[]>;
