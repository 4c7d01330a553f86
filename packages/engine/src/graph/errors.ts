/** A mistake in the use of an operator: shapes that do not fit, element types that do not match, axes out of range. */
export class ShapeError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ShapeError';
  }
}
