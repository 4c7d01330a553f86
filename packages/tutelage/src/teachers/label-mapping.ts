import { UserError } from '../core/errors.js';

/**
 * Where each of the task's labels stands among those of a model: by name, else by name up to case and what parts words. Labels that
 * the model has beyond the task's are left out, so that its answer is one given that it is among the task's.
 *
 * @returns for each label of the task the position among the model's
 * @throws {UserError} listing both when a label is not found
 */
export function labelPositions(task: readonly string[], model: readonly string[]): Int32Array {
  const exact = new Map(model.map((label, i) => [label, i]));
  const loose = new Map<string, number | undefined>();
  model.forEach((label, i) => {
    loose.set(folded(label), loose.has(folded(label)) ? undefined : i);
  });
  const found = task.map((label) => exact.get(label) ?? loose.get(folded(label)));
  const missing = task.filter((_, i) => found[i] === undefined);
  const isTwice = new Set(found).size < found.length;
  if (missing.length === 0 && !isTwice) return Int32Array.from(found, (i) => i!);
  throw new UserError(
    missing.length > 0
      ? `labels that the teacher doesn't know: ${listed(missing)}`
      : "the teacher doesn't tell all labels apart",
    {
      detail: `the task's labels: ${listed(task)}\nthe teacher's labels: ${listed(model)}`,
      hint: "give the model's labels, in the order of its outputs and in the task's words",
    },
  );
}

function folded(label: string): string {
  return label
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ')
    .trim();
}

const mostListed = 30;

function listed(labels: readonly string[]): string {
  const more = labels.length - mostListed;
  return `${labels.slice(0, mostListed).join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}
