import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { explained } from '../runs/file-errors.js';
import type { Reply, Responder } from './responder.js';

const lineSchema = z.object({
  id: z.string(),
  /** A text, probabilities, or null where there was no answer. */
  answer: z.union([z.string(), z.array(z.number()), z.null()]),
});

type Answer = z.infer<typeof lineSchema>['answer'];

/** Answers are kept after so many new ones. */
const chunk = 16;

/**
 * A responder that writes down what it said, and says the same when asked the same again, also after an interruption: work that was
 * done is not done anew. Endpoints keep a journal of their own and need none of this.
 *
 * @param path of the file to keep answers in, JSON lines
 * @param fingerprint changes with the model
 */
export function rememberedResponder(inner: Responder, path: string, fingerprint: string): Responder {
  const known = explained('read the answers so far', path, () => knownAnswers(path));
  const idOf = (question: unknown) =>
    createHash('sha256')
      .update(JSON.stringify([fingerprint, question]))
      .digest('hex')
      .slice(0, 32);

  /** Answers by what is known, and by `ask` for the rest. */
  const answersTo = async <Q>(
    questions: readonly Q[],
    idOfQuestion: (question: Q) => string,
    ask: (missing: readonly Q[]) => Promise<readonly Answer[]>,
    onProgress: ((done: number) => void) | undefined,
  ): Promise<Answer[]> => {
    const ids = questions.map(idOfQuestion);
    const places = new Map(ids.map((id, i) => [id, i]));
    const missing = [...places].filter(([id]) => !known.has(id));
    onProgress?.(questions.length - missing.length);
    for (let start = 0; start < missing.length; start += chunk) {
      const part = missing.slice(start, start + chunk);
      const given = await ask(part.map(([, i]) => questions[i]!));
      part.forEach(([id], i) => void known.set(id, given[i]!));
      const lines = part.map(([id], i) => `${JSON.stringify({ id, answer: given[i]! })}\n`);
      explained('keep answers', path, () => appendFileSync(path, lines.join('')));
      onProgress?.(questions.length - missing.length + start + part.length);
    }
    return ids.map((id) => known.get(id)!);
  };

  return {
    ...inner,
    async respond(conversations, { onProgress, ...options }) {
      const answers = await answersTo(
        conversations,
        (messages) =>
          idOf(['text', messages, options.maxTokens, ...(options.sample ? [options.sample] : [])]),
        async (missing) => {
          const replies = await inner.respond(missing, options);
          return replies.map((reply) => (reply.kind === 'text' ? reply.text : null));
        },
        onProgress,
      );
      return answers.map(
        (answer): Reply =>
          typeof answer === 'string'
            ? { kind: 'text', text: answer }
            : { kind: 'missing', reason: 'the model gave no answer' },
      );
    },
    async labelProbabilities(questions, { onProgress, ...options }) {
      const answers = await answersTo(
        questions,
        ({ messages, labels }) => idOf(['labels', messages, labels]),
        async (missing) => {
          const rows = await inner.labelProbabilities(missing, options);
          return rows.map((row) => (row ? [...row] : null));
        },
        onProgress,
      );
      return answers.map((answer) => (Array.isArray(answer) ? answer : undefined));
    },
  };
}

/** What is in the file; a line that a killed process wrote in part is cut off. */
function knownAnswers(path: string): Map<string, Answer> {
  if (!existsSync(path)) return new Map();
  const text = readFileSync(path, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) writeFileSync(path, whole);
  return new Map(
    whole.split('\n').flatMap((line) => {
      const read = lineSchema.safeParse(jsonOf(line));
      return read.success ? [[read.data.id, read.data.answer] as const] : [];
    }),
  );
}

/** A damaged line is an answer that is asked for again. */
function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
