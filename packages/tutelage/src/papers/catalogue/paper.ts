/** A paper of the built-in index. */
export interface CataloguePaper {
  /** Number of its card, by which methods name it. */
  readonly card: number;
  readonly title: string;
  readonly arxiv?: string;
  /** The day: ISO 8601. */
  readonly published?: string;
  readonly authorCount?: number;
  /** What it does and what for, in two sentences of our own. */
  readonly summary: string;
}
