import { type LoadedLanguageModel, loadLanguageModel } from './load-language-model.js';
import { type LoadedRetriever, loadRetriever } from './load-retriever.js';
import { type LoadedStudent, loadStudent } from './load-student.js';
import { type LoadOptions, readDescription } from './read-student.js';

/** A shipped student of any kind; `kind` tells which. */
export type AnyLoadedStudent = LoadedStudent | LoadedRetriever | LoadedLanguageModel;

/**
 * Loads a shipped student of any kind.
 *
 * @throws {UserError} when it is no student, is damaged or incomplete, or was written by another version
 */
export async function loadAnyStudent(folder: string, options: LoadOptions = {}): Promise<AnyLoadedStudent> {
  const { kind } = await readDescription(folder);
  switch (kind) {
    case 'classifier':
      return loadStudent(folder, options);
    case 'retriever':
      return loadRetriever(folder, options);
    case 'language-model':
      return loadLanguageModel(folder, options);
  }
}
