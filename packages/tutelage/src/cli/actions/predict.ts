import { UserError } from '../../core/errors.js';
import { loadAnyStudent } from '../../students/load-any-student.js';
import type { PredictParameters } from '../commands/predict.js';
import type { Console } from '../console.js';
import { classify } from '../predict/classify.js';
import { embedOrSearch } from '../predict/embed.js';
import type { Answer, Item } from '../predict/items.js';
import { speak } from '../predict/speak.js';
import { continueTexts } from '../predict/write.js';
import { stdinItems } from '../stdin-items.js';
import { isLanguageModel, studentIn, threadsOf } from '../student-in.js';

/** Items that are answered together. */
const chunk = 64;

/** `tutelage predict`. */
export async function predict(params: PredictParameters, io: Console): Promise<void> {
  const { student: path, inputs, text } = params;
  const { answer, dispose } = isLanguageModel(path) ? await speak(path, params) : await asked(params);
  try {
    const items = inputs.length > 0 ? inputs.map((input) => ({ input })) : stdinItems(text);
    for await (const some of chunks(items)) for (const line of await answer(some)) io.print(line);
  } finally {
    await dispose();
  }
}

/** A student of Tutelage, ready to answer. */
async function asked(
  params: PredictParameters,
): Promise<{ readonly answer: Answer; dispose(): Promise<void> }> {
  const { student: path, precision, documents } = params;
  const student = await loadAnyStudent(studentIn(path), { precision, ...threadsOf(params) });
  const dispose = () => student.dispose();
  if (student.kind === 'retriever') return { answer: await embedOrSearch(student, params), dispose };
  if (documents !== undefined) {
    await dispose();
    throw new UserError(`--documents is for retrievers: ${path}`);
  }
  return {
    answer: student.kind === 'classifier' ? classify(student, params) : continueTexts(student, params),
    dispose,
  };
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
