import { UserError } from '../../core/errors.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { type Automaton, automatonOf } from './automaton.js';
import { schemaExpression } from './json-schema.js';
import { type TokenTrie, tokenTrie } from './token-trie.js';

/** What may be said next. */
export interface Allowed {
  /** The state behind each token that may come. */
  readonly after: ReadonlyMap<number, number>;
  /** Whether the answer may end here. */
  readonly end: boolean;
}

/** A limit on answers, token by token. States are numbers; an answer begins in state 0. */
export interface Constraint {
  allowed(state: number): Allowed;
}

/**
 * Answers that match a regular expression as a whole (Willard and Louf 2023). What may follow is worked out once for each state.
 *
 * @throws {UserError} for an expression that is not regular, or that the tokenizer's tokens can't spell
 */
export function matching(tokenizer: Tokenizer, expression: RegExp): Constraint {
  const automaton = automatonOf(expression);
  const trie = tokenTrie(tokenizer);
  const known = new Map<number, Allowed>();
  const allowed = (state: number): Allowed => {
    let found = known.get(state);
    if (!found) {
      found = { after: tokensFrom(automaton, trie, state), end: automaton.accepts(state) };
      known.set(state, found);
    }
    if (found.after.size === 0 && !found.end) {
      throw new UserError('no token of the vocabulary goes on with this answer', {
        hint: 'the expression asks for characters that the tokenizer has no whole tokens for',
      });
    }
    return found;
  };
  allowed(0);
  return { allowed };
}

/**
 * Answers that are JSON of a schema, written without needless spaces.
 *
 * @param schema JSON schema, as `z.toJSONSchema` makes it
 * @throws {UserError} for what a schema may say and this can't hold to
 */
export function fittingSchema(tokenizer: Tokenizer, schema: object): Constraint {
  return matching(tokenizer, schemaExpression(schema));
}

function tokensFrom(automaton: Automaton, root: TokenTrie, start: number): Map<number, number> {
  const found = new Map<number, number>();
  const visit = (node: TokenTrie, state: number): void => {
    for (const token of node.tokens) found.set(token, state);
    for (const [codePoint, child] of node.children) {
      const next = automaton.next(state, codePoint);
      if (next !== undefined) visit(child, next);
    }
  };
  visit(root, start);
  return found;
}
