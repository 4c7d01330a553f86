import type { Choice } from '../../assessment/choice-schema.js';
import type { ClassificationReport, ReportContext } from '../../assessment/classification-report-schema.js';
import { learningCurve } from '../../assessment/learning-curves.js';
import { nodeFileSystem as fs } from '../../runs/file-system.js';
import { readMetrics } from '../../runs/metrics.js';
import { metricsFile } from '../../runs/run.js';
import type { InputKind } from '../../students/featurizers.js';
import type { CardFacts } from '../../students/model-card.js';
import { version } from '../../students/version.js';
import { kebab } from '../flags.js';
import type { FlowOptions } from './flow.js';
import { partOf } from './parts.js';
import { type DistillSettings, distillSettings } from './settings.js';

/** What the report says of data and origin. */
export function contextOf<K extends InputKind>(
  { run, data, settings }: FlowOptions<K>,
  { alone, choice }: { readonly alone: boolean; readonly choice: Choice | undefined },
): ReportContext {
  const { train, validation, test } = data.splits;
  const curvesOf = (arm: 'student' | 'alone', path: string) => {
    const { rows } = readMetrics(fs, metricsFile(path));
    return [learningCurve(arm, 'loss', rows), learningCurve(arm, 'validation accuracy', rows)];
  };
  return {
    title: data.name,
    sizes: { train: train.inputs.length, validation: validation.inputs.length, test: test.inputs.length },
    warnings: [...data.warnings],
    rejected: {
      total: data.rejected.total,
      reasons: [...data.rejected.byReason].map(([reason, count]) => ({ reason, count })),
      ...(data.rejected.total > 0 && { path: 'rejected.jsonl' }),
    },
    curves: [
      ...curvesOf('student', run.path),
      ...(alone ? curvesOf('alone', partOf(run, 'alone').path) : []),
    ],
    ...(choice && { choice }),
    reproduce: {
      command: commandOf(settings),
      seed: settings.seed,
      versions: { tutelage: version, node: process.version },
      hashes: { data: data.hash },
    },
  };
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

/** What the model card says, from what the assessment found. */
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
