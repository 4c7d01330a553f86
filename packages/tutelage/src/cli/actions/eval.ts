import { loadAnyStudent } from '../../students/load-any-student.js';
import type { EvalParameters } from '../commands/eval.js';
import type { Console } from '../console.js';
import { evaluateClassifier } from '../eval/classifier.js';
import type { Evaluation } from '../eval/evaluation.js';
import { evaluateLanguageModel } from '../eval/language-model.js';
import { evaluateRetriever } from '../eval/retriever.js';
import { studentIn, threadsOf } from '../student-in.js';

/** `tutelage eval`. */
export async function evaluateStudent(settings: EvalParameters, io: Console): Promise<void> {
  const { precision, json } = settings;
  const student = await loadAnyStudent(studentIn(settings.student), { precision, ...threadsOf(settings) });
  try {
    const { result, lines }: Evaluation =
      student.kind === 'classifier'
        ? await evaluateClassifier(student, settings)
        : student.kind === 'retriever'
          ? await evaluateRetriever(student, settings)
          : await evaluateLanguageModel(student, settings);
    for (const warning of result.warnings) io.say(`warning: ${warning}`);
    if (json) {
      io.print(JSON.stringify(result));
      return;
    }
    const width = Math.max(...lines.map(([name]) => name.length));
    for (const [name, value] of lines) io.print(`${name.padEnd(width)}  ${value}`);
  } finally {
    await student.dispose();
  }
}
