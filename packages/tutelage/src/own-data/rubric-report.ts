import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { foretelling } from '../assessment/reliability.js';
import { decimal, percent } from '../assessment/wording.js';
import { permutation } from '../runs/permutation.js';
import type { Annotation } from '../teachers/rubric-annotator.js';
import type { RubricComments } from '../teachers/rubric-comments.js';
import type { AskedCategory, GatedCategory } from '../teachers/rubric-reliability.js';

/** One label of one comment, and where it comes from. */
export interface LabelRow {
  readonly at: number;
  readonly category: string;
  readonly label: boolean | undefined;
  readonly raw: string;
  readonly variant: string;
  readonly by: string;
}

/** The labels of some comments that a model was asked about. */
export function labelRows(
  places: readonly number[],
  annotations: readonly Annotation[],
  { category, variant, by }: Pick<LabelRow, 'category' | 'variant' | 'by'>,
): LabelRow[] {
  return annotations.map(({ label, raw }, i) => ({ at: places[i]!, category, label, raw, variant, by }));
}

/** Writes `labels.csv`: comment, category, label (empty where there is none), raw answer, variant and who answered. */
export function writeLabels(folder: string, ids: readonly string[], rows: readonly LabelRow[]): void {
  const lines = rows.map(({ at, category, label, raw, variant, by }) =>
    [ids[at]!, category, label === undefined ? '' : String(label), raw, variant, by].map(cell).join(','),
  );
  writeFileSync(join(folder, 'labels.csv'), `${['id,category,label,raw,variant,by', ...lines].join('\n')}\n`);
}

function cell(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** What asking cost. */
export interface Cost {
  readonly calls: number;
  readonly comments: number;
  readonly seconds: number;
  /** US dollars; null where the price is not known. */
  readonly dollars: number | null;
}

/** What a student of a category came to. */
export interface StudentFacts {
  readonly threshold: number;
  readonly withTeacher: number;
  readonly withPeople: { readonly estimate: number; readonly low: number; readonly high: number } | undefined;
}

export interface ReliabilityReport {
  readonly asked: readonly AskedCategory[];
  readonly gates: ReadonlyMap<string, GatedCategory>;
  readonly students: ReadonlyMap<string, StudentFacts>;
  readonly cost: Cost;
}

/** Writes `reliability.json`: agreement of each category and variant, the gate's decision, students, and cost. */
export function writeReliability(folder: string, { asked, gates, students, cost }: ReliabilityReport): void {
  const both = asked.flatMap(({ reliability }) => (reliability ? [reliability] : []));
  const line =
    both.length < 3
      ? null
      : foretelling(
          both.map(({ people }) => people.estimate),
          both.map(({ model }) => model.estimate),
        );
  const content = {
    variants: asked.map(({ key, variant, reliability, unreadable }) => ({
      category: key,
      variant,
      unreadable,
      ...reliability,
    })),
    foretelling: line,
    categories: [...gates].map(([category, { chosen, judged, passes }]) => ({
      category,
      variant: chosen.variant,
      passes,
      judged: judged ?? null,
      student: students.get(category) ?? null,
    })),
    cost,
  };
  writeFileSync(join(folder, 'reliability.json'), `${JSON.stringify(content, undefined, 2)}\n`);
}

const shownComments = 3;

/** Writes `digest.json`: of each group and category how many comments are of it, with examples and how far the labels can be trusted. */
export function writeDigest(
  folder: string,
  { comments, groups }: RubricComments,
  rows: readonly LabelRow[],
  gates: ReadonlyMap<string, GatedCategory>,
): void {
  const sections = [...new Set(groups)].map((group) => ({
    ...(group !== '' && { group }),
    comments: groups.filter((own) => own === group).length,
    categories: [...gates].flatMap(([category, { judged, passes }]) => {
      if (!passes) return [];
      const own = rows.filter((row) => row.category === category && groups[row.at] === group);
      const yes = [...new Set(own.filter(({ label }) => label).map(({ at }) => at))];
      const unknown = own.filter(({ label }) => label === undefined).length;
      return {
        category,
        count: yes.length,
        unknown,
        people: judged?.people.estimate ?? null,
        model: judged?.model.estimate ?? null,
        examples: yes.slice(0, shownComments).map((at) => comments[at]!.comment),
      };
    }),
  }));
  writeFileSync(join(folder, 'digest.json'), `${JSON.stringify(sections, undefined, 2)}\n`);
}

/** Writes `spot-checks.csv`: a share of the labels of what people did not label, drawn at random, with room for a person's own. */
export function writeSpotChecks(
  folder: string,
  { ids, comments, sample }: RubricComments,
  rows: readonly LabelRow[],
  { share, seed }: { readonly share: number; readonly seed: number },
): void {
  const known = new Set(sample);
  const own = rows.filter(({ at, label }) => !known.has(at) && label !== undefined);
  const key = random.foldIn(random.key(seed), 'spot checks');
  const drawn = permutation(own.length, [key.hi, key.lo]).subarray(0, Math.ceil(share * own.length));
  const lines = Array.from(drawn, (i) => {
    const { at, category, label } = own[i]!;
    return [ids[at]!, category, comments[at]!.comment, String(label), ''].map(cell).join(',');
  });
  const head = 'id,category,comment,label,checked';
  writeFileSync(join(folder, 'spot-checks.csv'), `${[head, ...lines].join('\n')}\n`);
}

/** A category's result in a line. */
export function gateLine(
  key: string,
  { chosen, judged, passes }: GatedCategory,
  student?: StudentFacts,
): string {
  const kappa = (of: { estimate: number; low: number; high: number }) =>
    `${decimal(of.estimate, 2)} (${decimal(of.low, 2)} to ${decimal(of.high, 2)})`;
  const agreement = judged
    ? `people ${kappa(judged.people)}, model ${kappa(judged.model)} by ${chosen.variant}, ${percent(chosen.unreadable)} unreadable`
    : `no labels by people, asked by ${chosen.variant}`;
  const own = student?.withPeople ? `; student ${kappa(student.withPeople)}` : '';
  return `${key}: ${agreement}: ${passes ? 'passes' : 'does not pass'}${own}`;
}
