import type { Questionnaire } from '../tasks/questionnaires/questionnaire.js';

/** How answers become inputs of a net; made of the learners that it is taught by. */
export interface FeatureForm {
  readonly corrected: boolean;
  readonly medians: readonly number[];
  /** Features that some answers are missing of: each has a flag of its own behind the answers. */
  readonly flagged: readonly number[];
  readonly means: readonly number[];
  readonly deviations: readonly number[];
  /** What each input is of, by name. */
  readonly names: readonly string[];
}

/**
 * Learns how to prepare answers: missing ones become the median and a flag, all are standardised, and, `corrected`, each learner's mean
 * answer is taken off first, since some people agree to everything.
 */
export function featureForm(data: Questionnaire, corrected: boolean): FeatureForm {
  const { learners, features } = data;
  const columns = features.map((_, j) =>
    learners.flatMap((_, row) => {
      const answer = data.answers[row * features.length + j]!;
      return Number.isNaN(answer) ? [] : [answer];
    }),
  );
  const medians = columns.map((column) => column.toSorted((a, b) => a - b)[column.length >> 1] ?? 0);
  const flagged = columns.flatMap((column, j) => (column.length < learners.length ? [j] : []));
  const raw = rawInputs(data, { corrected, medians, flagged });
  const width = features.length + flagged.length;
  const over = (of: (row: number, j: number) => number) =>
    Array.from(
      { length: width },
      (_, j) => learners.reduce((sum, _, row) => sum + of(row, j), 0) / learners.length,
    );
  const means = over((row, j) => raw[row * width + j]!);
  const variances = over((row, j) => (raw[row * width + j]! - means[j]!) ** 2);
  const deviations = variances.map((variance) => Math.sqrt(variance) || 1);
  const names = [
    ...features.map(({ name }) => name),
    ...flagged.map((j) => `no answer to: ${features[j]!.name}`),
  ];
  return { corrected, medians, flagged, means, deviations, names };
}

/** Inputs of a net, [learners x names]. */
export function inputsOf(data: Questionnaire, form: FeatureForm): Float32Array {
  const { means, deviations } = form;
  return rawInputs(data, form).map((x, i) => (x - means[i % means.length]!) / deviations[i % means.length]!);
}

function rawInputs(
  { learners, features, answers }: Questionnaire,
  { corrected, medians, flagged }: Pick<FeatureForm, 'corrected' | 'medians' | 'flagged'>,
): Float32Array {
  const width = features.length + flagged.length;
  const inputs = new Float32Array(learners.length * width);
  learners.forEach((_, row) => {
    const own = features.map((_, j) => answers[row * features.length + j]!);
    const filled = own.map((answer, j) => (Number.isNaN(answer) ? medians[j]! : answer));
    const mean = corrected ? filled.reduce((a, b) => a + b, 0) / features.length : 0;
    filled.forEach((answer, j) => {
      inputs[row * width + j] = answer - mean;
    });
    flagged.forEach((j, i) => {
      inputs[row * width + features.length + i] = Number(Number.isNaN(own[j]!));
    });
  });
  return inputs;
}
