import { jit, matmul, random, type Tensor, tensor, transpose, type Value } from '@tutelage/engine';

/** Directions in which examples vary most. */
export interface PrincipalComponents {
  /**
   * Places of examples along the directions, whitened and squeezed by tanh.
   *
   * @param rows [rows, inputs]
   * @returns [rows, components]
   */
  features(rows: Tensor): Promise<Float32Array>;
  readonly components: number;
  dispose(): Promise<void>;
}

const iterations = 40;
/** Of the greatest eigenvalue. */
const nothing = 1e-6;

/**
 * The first principal components of rows, by orthogonal iteration (Golub & Van Loan, section 8.2.4). Close eigenvalues may share
 * directions.
 *
 * @param rows [rows, inputs], more rows than components
 */
export async function principalComponents(
  rows: Tensor,
  components: number,
  key: random.Key,
): Promise<PrincipalComponents> {
  const [count, width] = rows.shape as [number, number];
  const mean = new Float32Array(width);
  const data = rows.data as Float32Array;
  for (let i = 0; i < data.length; i++) mean[i % width]! += data[i]! / count;
  const centred = tensor(
    data.map((x, i) => x - mean[i % width]!),
    [count, width],
  );
  const session = { threads: 1 };
  const covariance = jit((x: Value) => matmul(transpose(x), x), session);
  const times = jit((a: Value, b: Value) => matmul(a, b), session);
  const c = await covariance(centred);
  const basis = new Float32Array(width * components);
  random.fillNormal(basis, key);
  let lengths = orthonormalised(basis, width, components);
  for (let i = 0; i < iterations; i++) {
    const next = await times(c, tensor(basis, [width, components]));
    basis.set(next.data as Float32Array);
    lengths = orthonormalised(basis, width, components);
  }
  await covariance.dispose();
  // A direction's length after a step is its eigenvalue, the sum of squares along it. Where nothing varies, there is nothing to see.
  const scales = lengths.map((length) => (length > nothing * lengths[0]! ? Math.sqrt(count / length) : 0));
  const directions = tensor(
    basis.map((x, i) => x * scales[i % components]!),
    [width, components],
  );
  return {
    components,
    async features(own) {
      const places = await times(
        tensor(
          (own.data as Float32Array).map((x, i) => x - mean[i % width]!),
          own.shape,
        ),
        directions,
      );
      return (places.data as Float32Array).map(Math.tanh);
    },
    dispose: () => times.dispose(),
  };
}

/** Makes columns orthonormal in place, one after the other. @returns how long each was, less its part along those before it */
function orthonormalised(basis: Float32Array, width: number, columns: number): number[] {
  return Array.from({ length: columns }, (_, column) => {
    for (let other = 0; other < column; other++) {
      let dot = 0;
      for (let i = 0; i < width; i++) dot += basis[i * columns + column]! * basis[i * columns + other]!;
      for (let i = 0; i < width; i++) basis[i * columns + column]! -= dot * basis[i * columns + other]!;
    }
    let squares = 0;
    for (let i = 0; i < width; i++) squares += basis[i * columns + column]! ** 2;
    const length = Math.sqrt(squares);
    for (let i = 0; i < width; i++) basis[i * columns + column]! /= length || 1;
    return length;
  });
}
