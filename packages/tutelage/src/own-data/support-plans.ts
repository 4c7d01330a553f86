import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeModel, exportOnnx, sigmoid, type Tensor, type Value } from '@tutelage/engine';
import type { SupportReliability } from '../assessment/support.js';
import { decimal, percent } from '../assessment/wording.js';
import type { SupportFolds } from '../students/support-folds.js';
import { type SupportNet, type SupportPredictor, supportNet } from '../students/support-predictor.js';
import { ofLearners, type Questionnaire } from '../tasks/questionnaires/questionnaire.js';

export interface PlanOptions {
  /** Tools, and strategies, in a plan. */
  readonly size: number;
  /** Supports that are told with less than this balanced accuracy are not recommended. */
  readonly refuse: number;
}

/** A support for a learner. */
interface Advice {
  readonly support: string;
  readonly kind: 'tool' | 'strategy';
  readonly chance: number;
  /** Answers that speak most for it or against it. */
  readonly because: readonly string[];
}

const reasons = 3;

/**
 * Writes a plan for each learner: `plans.jsonl`, and `plans.txt` to be printed. Chances are of models that have not seen the learner.
 *
 * @returns names of the supports about which there is no evidence
 */
export async function writePlans(
  folder: string,
  data: Questionnaire,
  { chances, reliability }: SupportFolds,
  predictor: SupportPredictor,
  { size, refuse }: PlanOptions,
): Promise<string[]> {
  const width = data.supports.length;
  const evident = reliability.map(({ balanced }) => balanced >= refuse);
  const plans = data.learners.map((_, row) => {
    const ordered = [...data.supports.keys()]
      .filter((k) => evident[k])
      .sort((a, b) => chances[row * width + b]! - chances[row * width + a]!);
    const of = (kind: Advice['kind']) =>
      ordered.filter((k) => data.supports[k]!.kind === kind).slice(0, size);
    return [...of('tool'), ...of('strategy')];
  });
  const pairs = plans.flatMap((plan, row) => plan.map((support) => ({ row, support })));
  const told = await predictor.contributions(
    ofLearners(
      data,
      pairs.map(({ row }) => row),
    ),
    pairs.map(({ support }) => support),
  );
  const { names } = predictor.form;
  const advice = pairs.map(({ row, support }, i): Advice & { readonly row: number } => {
    const own = told.subarray(i * names.length, (i + 1) * names.length);
    const most = [...names.keys()].sort((a, b) => Math.abs(own[b]!) - Math.abs(own[a]!)).slice(0, reasons);
    return {
      row,
      support: data.supports[support]!.name,
      kind: data.supports[support]!.kind,
      chance: chances[row * width + support]!,
      because: most.map((j) => `${names[j]} (${own[j]! < 0 ? 'against' : 'for'})`),
    };
  });
  const none = data.supports.flatMap(({ name }, k) => (evident[k] ? [] : [name]));
  const byLearner = data.learners.map((): Advice[] => []);
  for (const { row, ...one } of advice) byLearner[row]!.push(one);
  const lines = data.learners.map((learner, row) =>
    JSON.stringify({
      learner,
      supports: byLearner[row]!,
      'no evidence': none,
    }),
  );
  writeFileSync(join(folder, 'plans.jsonl'), `${lines.join('\n')}\n`);
  const texts = data.learners.map((learner, row) =>
    [
      learner,
      ...byLearner[row]!.map(
        ({ support, kind, chance, because }) =>
          `  ${kind}: ${support}, ${percent(chance)}: ${because.join(', ')}`,
      ),
    ].join('\n'),
  );
  const note =
    'Which supports may be useful, from what earlier learners said of them. No diagnosis, and no more than a suggestion.\n';
  writeFileSync(join(folder, 'plans.txt'), `${note}\n${texts.join('\n\n')}\n`);
  return none;
}

/** Writes how well each support is told, `reliability.csv`, beside what the more frequent answer alone would reach. */
export function writeReliability(folder: string, reliability: readonly SupportReliability[]): void {
  const columns = ['rated', 'prevalence', 'accuracy', 'majority', 'balanced', 'auc', 'brier'] as const;
  const rows = reliability.map((one) =>
    [
      JSON.stringify(one.name),
      ...columns.map((column) => decimal(one[column], column === 'rated' ? 0 : 4)),
    ].join(','),
  );
  writeFileSync(
    join(folder, 'reliability.csv'),
    `${['support', ...columns].join(',')}\n${rows.join('\n')}\n`,
  );
}

/** Writes what is answered and what is not, `data-sheet.json`. */
export function writeDataSheet(folder: string, data: Questionnaire, warnings: readonly string[]): void {
  const shareMissing = (from: Float32Array, width: number, j: number) =>
    data.learners.filter((_, row) => Number.isNaN(from[row * width + j]!)).length / data.learners.length;
  const sheet = {
    learners: data.learners.length,
    threshold: data.threshold,
    'missing answers': Object.fromEntries(
      data.features.map(({ name }, j) => [name, shareMissing(data.answers, data.features.length, j)]),
    ),
    'never used': Object.fromEntries(
      data.supports.map(({ name }, k) => [name, shareMissing(data.ratings, data.supports.length, k)]),
    ),
    warnings,
  };
  writeFileSync(join(folder, 'data-sheet.json'), `${JSON.stringify(sheet, undefined, 2)}\n`);
}

/** Writes the model as ONNX, with how answers are made its inputs, `inputs.json`. */
export function writeSupportModel(
  folder: string,
  data: Questionnaire,
  { params, form }: SupportPredictor,
): void {
  const model = exportOnnx(
    (p: SupportNet, { answers }: Readonly<Record<'answers', Value>>) => ({
      chances: sigmoid(supportNet(p, answers)),
    }),
    params as SupportNet<Tensor>,
    { answers: { dtype: 'float32', shape: ['learners', form.names.length] } },
  );
  writeFileSync(join(folder, 'model.onnx'), encodeModel(model));
  const described = { ...form, supports: data.supports.map(({ name }) => name) };
  writeFileSync(join(folder, 'inputs.json'), `${JSON.stringify(described, undefined, 2)}\n`);
}
