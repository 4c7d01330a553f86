import type { Choice } from '../../assessment/choice-schema.js';
import type { ClassificationReport } from '../../assessment/classification-report-schema.js';
import { learningCurve } from '../../assessment/learning-curves.js';
import type { MeasuredArm, MeasuredReport } from '../../assessment/measured-report-schema.js';
import type { ReportContext } from '../../assessment/report-context.js';
import { nodeFileSystem as fs } from '../../runs/file-system.js';
import { readMetrics } from '../../runs/metrics.js';
import { metricsFile, type Run } from '../../runs/run.js';
import type { InputKind } from '../../students/featurizers.js';
import type { CardFacts } from '../../students/model-card.js';
import { version } from '../../students/version.js';
import { kebab } from '../flags.js';
import type { ReadData, TeachingContext } from './assignment.js';
import type { FlowOptions } from './flow.js';
import { partOf } from './parts.js';
import { type DistillSettings, distillSettings } from './settings.js';

/** What the report on a classifier says of data and origin. */
export function contextOf<K extends InputKind>(
  options: FlowOptions<K>,
  { alone, choice }: { readonly alone: boolean; readonly choice: Choice | undefined },
): ReportContext {
  const { run, data } = options;
  const { train, validation, test } = data.splits;
  const metrics = ['loss', 'validation accuracy'];
  const origin = originOf(options, data, {
    sizes: { train: train.inputs.length, validation: validation.inputs.length, test: test.inputs.length },
    curves: metrics,
  });
  return {
    ...origin,
    curves: [...origin.curves, ...(alone ? curvesOf('alone', partOf(run, 'alone'), metrics) : [])],
    ...(choice && { choice }),
  };
}

/**
 * What every report says of data and origin.
 *
 * @param shown metrics of the training whose curves are drawn
 */
export function originOf(
  { run, settings }: Pick<TeachingContext, 'run' | 'settings'>,
  { name, hash, warnings, rejected }: ReadData,
  shown: { readonly sizes: ReportContext['sizes']; readonly curves: readonly string[] },
): ReportContext {
  return {
    title: name,
    sizes: shown.sizes,
    warnings: [...warnings],
    rejected: {
      total: rejected.total,
      reasons: [...rejected.byReason].map(([reason, count]) => ({ reason, count })),
      ...(rejected.total > 0 && { path: 'rejected.jsonl' }),
    },
    curves: curvesOf('student', run, shown.curves),
    reproduce: {
      command: commandOf(settings),
      seed: settings.seed,
      versions: { tutelage: version, node: process.version },
      hashes: { data: hash },
    },
  };
}

function curvesOf(arm: 'student' | 'alone', run: Run, metrics: readonly string[]): ReportContext['curves'] {
  const { rows } = readMetrics(fs, metricsFile(run.path));
  return metrics.map((metric) => learningCurve(arm, metric, rows));
}

/** The command line that asks for these settings. */
function commandOf(settings: DistillSettings): string {
  const { data, ...flags } = settings;
  const defaults: Readonly<Record<string, unknown>> = distillSettings.parse({ data });
  const words = Object.entries(flags).flatMap(([name, value]) => {
    if (value === undefined || value === defaults[name]) return [];
    if (value === true) return [`--${kebab(name)}`];
    return value === false ? [`--no-${kebab(name)}`] : [`--${kebab(name)}`, quoted(String(value))];
  });
  return ['tutelage', 'distill', quoted(data), ...words].join(' ');
}

/** A word as the shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** What the model card of a classifier says, from what the assessment found. */
export function cardFacts<K extends InputKind>(
  { data, settings, run }: FlowOptions<K>,
  report: ClassificationReport,
): CardFacts {
  const student = report.arms.find(({ id }) => id === 'student')!;
  const teacher = report.arms.find(({ id }) => id === 'teacher');
  const { train, validation, test } = data.splits;
  const interval = (name: string, { estimate, low, high }: typeof student.accuracy) => ({
    name,
    value: estimate,
    low,
    high,
  });
  return {
    name: run.name,
    ...(settings.licence !== undefined && { licence: settings.licence }),
    data: {
      name: data.name,
      hash: data.hash,
      train: train.inputs.length,
      validation: validation.inputs.length,
      test: test.inputs.length,
    },
    ...(settings.teacher !== 'none' && { teacher: teacher?.title ?? settings.teacher }),
    metrics: [
      interval('accuracy', student.accuracy),
      interval('macro F1', student.macroF1),
      ...(student.soft ? [{ name: 'log loss', value: student.soft.logLoss }] : []),
    ],
    warnings: data.warnings,
  };
}

/** The same of a student without classes. The baseline is told as well: a card that hides it would boast. */
export function measuredFacts(
  { run, settings }: Pick<TeachingContext, 'run' | 'settings'>,
  { name, hash, warnings }: ReadData,
  { arms, sizes }: MeasuredReport,
): CardFacts {
  const metrics = (wanted: MeasuredArm['id']) =>
    arms
      .filter(({ id }) => id === wanted)
      .flatMap(({ title, measures }) =>
        measures.map(({ name: measure, estimate, low, high }) => ({
          name: wanted === 'student' ? measure : `${measure} of ${title}`,
          value: estimate,
          low,
          high,
        })),
      );
  return {
    name: run.name,
    ...(settings.licence !== undefined && { licence: settings.licence }),
    data: { name, hash, ...sizes },
    metrics: metrics('student'),
    baseline: metrics('baseline'),
    warnings,
  };
}
