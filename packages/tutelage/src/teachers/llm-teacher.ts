import { createHash } from 'node:crypto';
import type { Logits } from '../core/signal.js';
import type { Attempted, Teacher } from '../core/teacher.js';
import type { ChooseLabels } from '../language/choose-labels.js';
import type { Bill, Endpoint } from '../language/endpoint/client.js';
import { type Estimate, estimateLabelling } from '../language/endpoint/estimate.js';
import {
  type LabellingTask,
  labelTexts,
  planLabelling,
  type RowLabel,
} from '../language/endpoint/labelling.js';
import { chooseExamples } from '../language/endpoint/prompt.js';
import { writeFileAtomic } from '../runs/atomic.js';
import { nodeFileSystem } from '../runs/file-system.js';
import { addValue } from './example-key.js';

/** What came of asking so far. */
export interface LabellingReport {
  readonly labelled: number;
  readonly rejected: number;
  /** Mean share of the samples, or mass of the log-probabilities, that named a label; of what was labelled. */
  readonly coverage: number;
}

export interface LlmTeacher extends Teacher<string, string, 'logits'> {
  readonly labels: readonly string[];
  report(): LabellingReport;
}

export interface LlmTeacherOptions {
  /** Where to list what could not be labelled, as JSON lines of id, reason and text. A file left there is removed. */
  readonly rejectedPath?: string;
}

/**
 * A language model behind an endpoint as a teacher: log-probabilities in the order of the labels, nothing for texts that it failed to
 * label. Calls are paid for under the endpoint's cap, and those that its journal answers cost nothing.
 *
 * Its answers are shares of samples, or probabilities of letters: learn from them with temperature 1.
 *
 * @throws {UserError} if the task can't be put to an endpoint
 */
export function llmTeacher(
  endpoint: Endpoint,
  task: Omit<LabellingTask, 'texts'>,
  options: LlmTeacherOptions = {},
): LlmTeacher & {
  /** What these texts would take; makes no call. To be shown before the first. */
  estimate(texts: readonly string[]): Estimate;
  /** What these texts came to so far, whichever run asked. */
  bill(texts: readonly string[]): Bill;
} {
  const plan = planLabelling({ ...task, texts: [] });
  const { classification, parameters, samples } = plan;
  const log = labellingLog(options);
  return {
    kind: 'logits',
    labels: task.labels,
    fingerprint: digest(['llm', endpoint.target, classification, parameters, samples]),
    async teach(examples, { signal, onProgress } = {}) {
      const texts = examples.map(({ example }) => example.input);
      const rows = await labelTexts(
        endpoint,
        { ...task, texts },
        { ...(signal && { signal }), onProgress: ({ done }) => onProgress?.(done) },
      );
      return log.add(examples, rows);
    },
    bill: (texts) => endpoint.bill(plan.allRequests(texts)),
    estimate: (texts) => estimateLabelling(endpoint, { ...task, texts }),
    report: log.report,
  };
}

/** What a local model is asked; see {@link LabellingTask}. */
export type LocalLabellingTask = Pick<LabellingTask, 'labels' | 'instructions' | 'fewShot'>;

/** A language model on this machine as a teacher: log-probabilities in the order of the labels. */
export function localLlmTeacher(
  model: ChooseLabels,
  { labels, instructions, fewShot }: LocalLabellingTask,
  options: LlmTeacherOptions = {},
): LlmTeacher {
  const shown = fewShot ? chooseExamples(fewShot.data, labels, fewShot) : [];
  const log = labellingLog(options);
  const label = async (text: string): Promise<RowLabel> => {
    // A text is never among its own examples.
    const others = shown.filter((example) => example.text !== text);
    const distribution = await model.choose(text, labels, instructions, others);
    const total = distribution.reduce((sum, p) => sum + p, 0);
    return Math.abs(total - 1) < 1e-3
      ? { kind: 'labelled', distribution: Array.from(distribution), coverage: 1 }
      : { kind: 'rejected', reason: `probabilities that add up to ${total}` };
  };
  return {
    kind: 'logits',
    labels,
    fingerprint: digest(['local', model.fingerprint, labels, instructions, shown]),
    async teach(examples, { signal, onProgress } = {}) {
      const rows: RowLabel[] = [];
      for (const { example } of examples) {
        signal?.throwIfAborted();
        rows.push(await label(example.input));
        onProgress?.(rows.length);
      }
      return log.add(examples, rows);
    },
    report: log.report,
  };
}

function digest(parts: unknown): string {
  const hash = createHash('sha256');
  addValue(hash, parts);
  return hash.digest('hex');
}

/**
 * Stands for probability 0, whose logarithm losses can't take: at temperature 4 a hundred labels of this size still have less than a
 * tenth of the mass.
 */
const leastLogProbability = -30;

interface LabellingLog {
  /** Counts rows, writes the rejected ones aside, and gives the logits of the others. */
  add(examples: readonly Attempted<string, string>[], rows: readonly RowLabel[]): (Logits | undefined)[];
  report(): LabellingReport;
}

function labellingLog({ rejectedPath }: LlmTeacherOptions): LabellingLog {
  const rejected = new Map<string, string>();
  let labelled = 0;
  let covered = 0;
  if (rejectedPath !== undefined) nodeFileSystem.remove(rejectedPath);
  return {
    add(examples, rows) {
      const before = rejected.size;
      const logits = rows.map((row, i) => {
        const { id, input } = examples[i]!.example;
        if (row.kind === 'rejected') {
          rejected.set(id, JSON.stringify({ id, reason: row.reason, text: input }));
          return undefined;
        }
        labelled += 1;
        covered += row.coverage;
        return {
          values: Float32Array.from(row.distribution, (p) => Math.max(leastLogProbability, Math.log(p))),
        };
      });
      if (rejectedPath !== undefined && rejected.size > before) {
        writeFileAtomic(nodeFileSystem, rejectedPath, [...rejected.values(), ''].join('\n'));
      }
      return logits;
    },
    report: () => ({ labelled, rejected: rejected.size, coverage: labelled === 0 ? 0 : covered / labelled }),
  };
}
