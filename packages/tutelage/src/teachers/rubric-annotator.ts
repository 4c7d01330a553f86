import type { Responder } from '../language/responder.js';
import type { Rubric, RubricCategory } from '../tasks/rubric.js';
import {
  answerTokens,
  type CommentInContext,
  type RubricVariant,
  readRubricAnswer,
  rubricMessages,
} from './rubric-prompts.js';

/** What a model said of a comment, and the label in it; undefined where there is none. */
export interface Annotation {
  readonly raw: string;
  readonly label: boolean | undefined;
}

/** Asks a model about comments, one category in one way. */
export async function annotate(
  model: Responder,
  rubric: Pick<Rubric, 'about'>,
  { category, variant }: { readonly category: RubricCategory; readonly variant: RubricVariant },
  comments: readonly CommentInContext[],
  options: { readonly signal: AbortSignal; readonly onProgress?: (done: number) => void },
): Promise<Annotation[]> {
  const replies = await model.respond(
    comments.map((comment) => rubricMessages(rubric, category, variant, comment)),
    { maxTokens: answerTokens(variant), ...options },
  );
  return replies.map((reply) =>
    reply.kind === 'text'
      ? { raw: reply.text, label: readRubricAnswer(reply.text, category) }
      : { raw: reply.reason, label: undefined },
  );
}
