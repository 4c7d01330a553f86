import { UserError } from '../../core/errors.js';
import { loadAnyStudent } from '../../students/load-any-student.js';
import type { PredictParameters } from '../commands/predict.js';
import type { Console } from '../console.js';
import { classify } from '../predict/classify.js';
import { embedOrSearch } from '../predict/embed.js';
import type { Answer, Item } from '../predict/items.js';
import { continueTexts } from '../predict/write.js';
import { stdinItems } from '../stdin-items.js';
import { studentIn, threadsOf } from '../student-in.js';

/** Items that are answered together. */
const chunk = 64;

/** `tutelage predict`. */
export async function predict(params: PredictParameters, io: Console): Promise<void> {
  const { student: path, inputs, text, precision } = params;
  const student = await loadAnyStudent(studentIn(path), { precision, ...threadsOf(params) });
  try {
    if (student.kind !== 'retriever' && params.documents !== undefined) {
      throw new UserError(`--documents is for retrievers: ${path}`);
    }
    const answer: Answer =
      student.kind === 'classifier'
        ? classify(student, params)
        : student.kind === 'retriever'
          ? await embedOrSearch(student, params)
          : continueTexts(student, params);
    const items = inputs.length > 0 ? inputs.map((input) => ({ input })) : stdinItems(text);
    for await (const some of chunks(items)) for (const line of await answer(some)) io.print(line);
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
