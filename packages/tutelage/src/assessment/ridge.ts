/**
 * Ridge regression by the normal equations, with an intercept that is not penalised.
 *
 * @param rows of features, at least one
 * @param penalty on the squares of the coefficients, positive
 * @returns the prediction for a row
 */
export function ridge(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  penalty: number,
): (row: readonly number[]) => number {
  const wide = rows.map((row) => [1, ...row]);
  const size = wide[0]!.length;
  const system = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (_, j) => {
      const product = wide.reduce((sum, row) => sum + row[i]! * row[j]!, 0);
      return product + (i === j && i > 0 ? penalty : 0);
    }),
    wide.reduce((sum, row, n) => sum + row[i]! * targets[n]!, 0),
  ]);
  const coefficients = solved(system);
  return (row) => [1, ...row].reduce((sum, x, i) => sum + x * coefficients[i]!, 0);
}

/** Solves linear equations, whose right side is the last column, by elimination with the largest pivot. */
function solved(system: number[][]): number[] {
  const size = system.length;
  for (let column = 0; column < size; column++) {
    const below = Array.from({ length: size - column }, (_, i) => column + i);
    const pivot = below.reduce((best, i) =>
      Math.abs(system[i]![column]!) > Math.abs(system[best]![column]!) ? i : best,
    );
    [system[column], system[pivot]] = [system[pivot]!, system[column]!];
    for (const row of system) {
      if (row === system[column]) continue;
      const factor = row[column]! / system[column]![column]!;
      for (let j = column; j <= size; j++) row[j]! -= factor * system[column]![j]!;
    }
  }
  return system.map((row, i) => row[size]! / row[i]!);
}
