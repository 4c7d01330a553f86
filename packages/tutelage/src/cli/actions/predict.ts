import { pixelsOf } from '../../students/image-input.js';
import { type LoadedStudent, loadStudent, type Prediction } from '../../students/load-student.js';
import type { PredictParameters } from '../commands/predict.js';
import type { Console } from '../console.js';
import { stdinItems } from '../stdin-items.js';
import { studentIn, threadsOf } from '../student-in.js';

/** Items that are answered together. */
const chunk = 64;

interface Item {
  readonly input: string;
  /** The object of a JSON line, which the answer is added to. */
  readonly row?: Readonly<Record<string, unknown>>;
}

/** `tutelage predict`. */
export async function predict(
  { student: path, inputs, text, top, precision, threads, json }: PredictParameters,
  io: Console,
): Promise<void> {
  const student = await loadStudent(studentIn(path), { precision, ...threadsOf({ threads }) });
  const best = (p: Prediction) => bestOf(student.labels, p, Math.min(top, student.labels.length));
  const answer = async (items: readonly Item[]): Promise<void> => {
    const answers = await predictItems(
      student,
      items.map(({ input }) => input),
    );
    items.forEach(({ input, row }, i) => {
      const [first, ...others] = best(answers[i]!);
      if (row || json) {
        const more = top > 1 ? { top: [first, ...others] } : {};
        io.print(JSON.stringify({ ...(row ?? { input }), ...first, ...more }));
      } else {
        const shown = [first!, ...others].map(
          ({ label, probability }) => `${label}\t${probability.toFixed(4)}`,
        );
        io.print(shown.join('\t'));
      }
    });
  };
  try {
    for await (const items of chunks(
      inputs.length > 0 ? inputs.map((input) => ({ input })) : stdinItems(text),
    )) {
      await answer(items);
    }
  } finally {
    await student.dispose();
  }
}

async function* chunks(items: Iterable<Item> | AsyncIterable<Item>): AsyncGenerator<Item[]> {
  let held: Item[] = [];
  for await (const item of items) {
    held.push(item);
    if (held.length < chunk) continue;
    yield held;
    held = [];
  }
  if (held.length > 0) yield held;
}

/** Answers to texts, or to the images in files. */
async function predictItems(student: LoadedStudent, inputs: readonly string[]): Promise<Prediction[]> {
  if (student.input === 'text') return student.predict(inputs);
  const { format } = student;
  return student.predict(await Promise.all(inputs.map((input) => pixelsOf(input, format))));
}

function bestOf(
  labels: readonly string[],
  { probabilities }: Prediction,
  count: number,
): { label: string; probability: number }[] {
  return labels
    .map((label, i) => ({ label, probability: Number(probabilities[i]!.toFixed(6)) }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, count);
}
