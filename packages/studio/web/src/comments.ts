import type { Comment } from '@tutelage/studio/api';

export interface Threaded {
  readonly comment: Comment;
  /** 0 for one that answers none. */
  readonly depth: number;
}

/** Comments with the answers to each below it, in the order that they were given. */
export function threads(comments: readonly Comment[]): Threaded[] {
  const known = new Set(comments.map(({ id }) => id));
  const parentOf = ({ parent }: Comment) => (parent !== undefined && known.has(parent) ? parent : undefined);
  const below = (parent: number | undefined, depth: number): Threaded[] =>
    comments
      .filter((comment) => parentOf(comment) === parent)
      .flatMap((comment) => [{ comment, depth }, ...below(comment.id, depth + 1)]);
  return below(undefined, 0);
}
