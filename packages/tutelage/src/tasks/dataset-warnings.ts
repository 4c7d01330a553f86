import type { ColumnChoice, Role } from './columns.js';
import type { DuplicateKind, DuplicateReport } from './duplicates.js';
import type { RejectSummary } from './rejected.js';
import { SPLIT_NAMES } from './splits.js';

const SHOWN = 5;

/** What the user should know about a data set before trusting a result. */
export function datasetWarnings(data: {
  readonly labels: readonly string[];
  /** By split and label. */
  readonly counts: readonly (readonly number[])[];
  readonly duplicates: DuplicateReport;
  readonly rejected: RejectSummary;
  readonly columns: ReadonlyMap<string, ColumnChoice>;
}): string[] {
  return [
    ...guessWarnings(data.columns),
    ...rejectionWarnings(data.rejected),
    ...labelWarnings(data.labels, data.counts),
    ...duplicateWarnings(data.duplicates),
  ];
}

export function rejectionWarnings({ total }: RejectSummary): string[] {
  return total > 0 ? [`${total} rows or files can't be used and were left out`] : [];
}

/** The columns that were guessed by what is in them, by file. */
export function guessWarnings(columns: ReadonlyMap<string, ColumnChoice>): string[] {
  return [...columns].flatMap(([source, { names, reasons }]) =>
    (Object.keys(names) as Role[])
      .filter((role) => reasons[role] === 'by its values')
      .map((role) => `${source}: column "${names[role]}" is taken as the ${role}, guessed by its values`),
  );
}

function labelWarnings(labels: readonly string[], counts: readonly (readonly number[])[]): string[] {
  const [train, validation, test] = counts.map((ofSplit) => (label: number) => ofSplit[label]!);
  const which = (fits: (label: number) => boolean): string[] => labels.filter((_, label) => fits(label));
  const empty = SPLIT_NAMES.filter((_, split) => counts[split]!.every((count) => count === 0));
  const unseen = which((label) => train!(label) === 0);
  const rare = which((label) => {
    const total = train!(label) + validation!(label) + test!(label);
    return total <= 2 && train!(label) > 0;
  });
  return [
    ...empty.map((split) => `no example for ${split}`),
    ...(unseen.length > 0 ? [`labels without an example for training: ${list(unseen)}`] : []),
    ...(rare.length > 0 ? [`labels with only 1 or 2 examples, too few for every split: ${list(rare)}`] : []),
  ];
}

/** Equal texts, and above all those in more than one split. */
export function duplicateWarnings({
  acrossSplits,
  withinSplits,
  conflictingLabels,
}: DuplicateReport): string[] {
  const example = ({ pairs }: DuplicateKind): string =>
    `such as ${pairs[0]!.first} and ${pairs[0]!.repeated}`;
  return [
    ...[...acrossSplits].map(
      ([splits, kind]) => `duplicates: ${kind.count} in both of ${splits}, ${example(kind)}`,
    ),
    ...[...withinSplits].map(
      ([split, kind]) => `duplicates: ${kind.count} repeated in ${split}, ${example(kind)}`,
    ),
    ...(conflictingLabels.count > 0
      ? [`conflicts: ${conflictingLabels.count} duplicates with another label, ${example(conflictingLabels)}`]
      : []),
  ];
}

function list(names: readonly string[]): string {
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  return names.slice(0, SHOWN).join(', ') + more;
}
