import type { Answer, BuilderOptions } from './builder.js';

/** Where a format's reader puts what it finds. */
export interface Sink {
  add(answer: Answer): void;
  /** A row that can't be used, with the beginning of what it holds. */
  reject(row: number, reason: string, raw: string, source?: string): void;
  /** A row whose question has no concept: counted, and rejected. */
  untagged(row: number, raw: string, source?: string): void;
  /** A learner's fold, where the data come with folds. */
  assign(learner: string, fold: number, row: number): void;
  /** Something that the user should know of, once for each kind. */
  note(kind: 'no time zone'): void;
}

/** A file or folder of answers in a format that was recognised. */
export interface InteractionFormat {
  readonly name: string;
  readonly building: Omit<BuilderOptions, 'shortest'>;
  /** What everyone who uses such data should know. */
  readonly warnings: readonly string[];
  read(sink: Sink): Promise<void>;
}
