import type { Reply, Responder } from './responder.js';

/** A responder that answers so many conversations and no more, remembered ones among them; the rest gets no answer. */
export interface CappedResponder extends Responder {
  /** Conversations that were answered, and that were not because of the cap. */
  calls(): { readonly made: number; readonly refused: number };
}

const refusal: Reply = { kind: 'missing', reason: 'over the cap on calls' };

/** @param most conversations, or labels asked for */
export function cappedResponder(inner: Responder, most: number): CappedResponder {
  let made = 0;
  let refused = 0;
  const allowed = <Q>(asked: readonly Q[]): readonly Q[] => {
    const some = asked.slice(0, Math.max(0, most - made));
    made += some.length;
    refused += asked.length - some.length;
    return some;
  };
  return {
    ...inner,
    async respond(conversations, options) {
      const some = allowed(conversations);
      const replies = some.length === 0 ? [] : await inner.respond(some, options);
      return [...replies, ...conversations.slice(some.length).map(() => refusal)];
    },
    async labelProbabilities(questions, options) {
      const some = allowed(questions);
      const rows = some.length === 0 ? [] : await inner.labelProbabilities(some, options);
      return [...rows, ...questions.slice(some.length).map(() => undefined)];
    },
    calls: () => ({ made, refused }),
  };
}
