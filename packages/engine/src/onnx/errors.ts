/**
 * A model or weight file that can't be used: damaged, hostile, or of a kind that Tutelage does not read.
 * The message has the form `problem: value (where)` and is meant for the person who chose the file.
 */
export class ModelFileError extends Error {
  override readonly name = 'ModelFileError';
}
