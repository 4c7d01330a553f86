/** A function that cannot be exported as asked for, or a model that cannot be changed or run so. */
export class ExportError extends Error {
  override readonly name = 'ExportError';
}
