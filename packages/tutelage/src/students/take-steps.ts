/**
 * Takes steps until all are done or `signal` is aborted. A step that ends by an error because it was told to stop has not failed: what
 * the steps before it taught is kept.
 */
export async function takeSteps(
  count: number,
  signal: AbortSignal,
  take: (step: number) => Promise<void>,
): Promise<void> {
  for (let step = 0; step < count && !signal.aborted; step++) {
    try {
      await take(step);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
