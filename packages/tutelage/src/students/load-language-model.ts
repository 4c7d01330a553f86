import { UserError } from '../core/errors.js';
import type { LanguageModel } from './continuations.js';
import { checkPorts, describedAs, type LoadOptions, openModel, readText, runModel } from './read-student.js';
import type { DescriptionOf } from './student-folder.js';
import { restoreTokenizer } from './tokens.js';

/** A shipped language model, ready to go on with texts. */
export interface LoadedLanguageModel extends LanguageModel {
  readonly kind: 'language-model';
  readonly description: DescriptionOf<'language-model'>;
}

/**
 * Loads a shipped language model. The folder may come from anywhere: all of it is checked.
 *
 * @throws {UserError} when it is no language model, is damaged or incomplete, or was written by another version
 */
export async function loadLanguageModel(
  folder: string,
  options: LoadOptions = {},
): Promise<LoadedLanguageModel> {
  const description = await describedAs(folder, 'language-model');
  const { vocabulary, block } = description;
  const tokenizer = await restoreTokenizer((name) => readText(folder, name));
  if (tokenizer.vocabularySize > vocabulary) {
    throw new UserError(
      `damaged student: ${folder}: its tokenizer has ${tokenizer.vocabularySize} tokens, the model ${vocabulary}`,
    );
  }
  const session = await openModel(folder, description, options);
  try {
    checkPorts(session, { tokens: { dtype: 'int32', shape: ['batch', 'length'] } }, ['logits'], folder);
  } catch (error) {
    await session.dispose();
    throw error;
  }
  return {
    kind: 'language-model',
    description,
    tokenizer,
    vocabulary,
    block,
    async logits(tokens) {
      const { logits } = await runModel(session, { tokens });
      const data = logits!.data as Float32Array;
      if (data.length === tokens.data.length * vocabulary) return data;
      throw new UserError(
        `the student's model gives ${data.length / tokens.data.length} logits: there are ${vocabulary} tokens`,
      );
    },
    dispose: () => session.dispose(),
  };
}
