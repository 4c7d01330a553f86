import { join } from 'node:path';
import { UserError } from '../core/errors.js';
import { nodeFileSystem as fs } from '../runs/file-system.js';
import { configFile, resumeCommand } from '../runs/run.js';

/**
 * The folder of a student, given that or the run that it is in.
 *
 * @throws {UserError} when the run has none yet, or for the folder of a language model
 */
export function studentIn(path: string): string {
  if (fs.kind(join(path, 'student.json')) !== 'absent') return path;
  const within = join(path, 'student');
  if (fs.kind(within) === 'folder') return within;
  if (fs.kind(configFile(path)) === 'absent') return path;
  if (isLanguageModel(path)) {
    throw new UserError(`a language model, not a student: ${path}`, {
      hint: `let it answer with: tutelage predict ${path} PROMPT`,
    });
  }
  throw new UserError(`no student yet: ${path}`, { hint: `finish the run with: ${resumeCommand(path)}` });
}

/** A GGUF file, or a folder of Hugging Face, which a student's or a run's is not. */
export function isLanguageModel(path: string): boolean {
  const isThere = (name: string) => fs.kind(join(path, name)) === 'file';
  return path.endsWith('.gguf') || (isThere('tokenizer.json') && !isThere('student.json'));
}

/** The option of threads, left out where it is not given. */
export function threadsOf({ threads }: { readonly threads?: number | undefined }): {
  readonly threads?: number;
} {
  return threads === undefined ? {} : { threads };
}
