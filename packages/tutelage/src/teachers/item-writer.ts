import type { CappedResponder } from '../language/capped-responder.js';
import { normaliseText } from '../tasks/duplicates.js';
import { type ItemChecker, isRightResponse, type PracticeItem } from '../tasks/practice-items.js';
import { askJson, type JsonQuestion } from './ask-json.js';
import type { ItemDraft } from './gym-prompts.js';

/** What became of a teacher's answers. */
export interface WriterCounts {
  /** Calls that brought no JSON of the form in three tries. */
  skipped: number;
  /** Items that are in the validation or the test split. */
  heldBack: number;
  /** Items that were written before, or are examples. */
  repeated: number;
  /** Items whose answer is none of the task's, or can't be told from silence. */
  unusable: number;
  /** Items over what was asked for. */
  surplus: number;
}

/** What an item was written for. */
export interface ItemPurpose {
  readonly skill: string;
  readonly subskill?: string;
  /** What the student was thought to lack. */
  readonly hypothesis?: string;
}

/** An item that a teacher wrote. */
export type WrittenItem = PracticeItem & Required<Pick<PracticeItem, 'skill'>> & ItemPurpose;

/** A language model as the engine that turns an agent's plans into items. */
export interface ItemWriter {
  readonly model: CappedResponder;
  readonly maxTokens: number;
  readonly counts: WriterCounts;
  readonly signal: AbortSignal;
  /** The only answers that there are, where these are few. */
  readonly labels: readonly string[] | undefined;
  /** Of what is written. */
  readonly checker: Exclude<ItemChecker, 'pattern'>;
  /** Questions that must not be written, see `questionSet`. */
  readonly heldBack: ReadonlySet<string>;
  /** Questions that there are already; what is written is added. */
  readonly known: Set<string>;
}

export const noItems = (): WriterCounts => ({
  skipped: 0,
  heldBack: 0,
  repeated: 0,
  unusable: 0,
  surplus: 0,
});

const tries = 3;
const temperature = 0.7;

/** A teacher's JSON answers, drawn anew in each round, and again where they are no JSON: three times at most. */
export function askTeacher<T>(
  { model, maxTokens, counts, signal }: ItemWriter,
  questions: readonly JsonQuestion<T>[],
  round: number,
): Promise<(T | undefined)[]> {
  return askJson(model, questions, {
    tries,
    maxTokens,
    signal,
    sample: { temperature, trial: round },
    onUnreadable: () => counts.skipped++,
  });
}

/**
 * The drafts that can be used, as items: those of held-back or known questions and those without a usable answer are dropped and
 * counted.
 *
 * @param most items to keep
 */
export function usableItems(
  { counts, labels, checker, heldBack, known }: ItemWriter,
  drafts: readonly ItemDraft[],
  purpose: ItemPurpose,
  most: number,
): WrittenItem[] {
  const kept: WrittenItem[] = [];
  for (const { question, solution, answer: said } of drafts) {
    const text = normaliseText(question);
    const answer = labels ? labels.find((label) => normaliseText(label) === normaliseText(said)) : said;
    if (heldBack.has(text)) counts.heldBack++;
    else if (known.has(text)) counts.repeated++;
    else if (answer === undefined || isRightResponse({ answer, checker }, '')) counts.unusable++;
    else if (kept.length === most) counts.surplus++;
    else {
      known.add(text);
      const id = `written:${known.size}`;
      kept.push({ id, question, answer, checker, ...(solution && { solution }), ...purpose });
    }
  }
  return kept;
}
