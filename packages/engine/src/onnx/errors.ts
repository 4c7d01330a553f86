/**
 * A model or weight file that can't be used: damaged, hostile, or of a kind that Tutelage does not read.
 * The message has the form `problem: value (where)` and is meant for the person who chose the file.
 */
export class ModelFileError extends Error {
  override readonly name = 'ModelFileError';
}

/** Names the place in a model file's error; other errors pass unchanged. */
export function inPlace(error: unknown, place: string): unknown {
  if (!(error instanceof ModelFileError)) return error;
  return new ModelFileError(`${error.message} (${place})`);
}

/** How messages name a node; one without a name goes by its first output. */
export function nodePlace(node: { name: string; opType: string; outputs: readonly string[] }): string {
  return `node '${node.name || (node.outputs[0] ?? '')}' (${node.opType})`;
}
