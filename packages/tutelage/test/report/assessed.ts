import { random } from '@tutelage/engine';
import {
  type ArmInput,
  assessClassifier,
  type ClassifierAssessment,
} from '../../src/assessment/classification-report.js';
import type { ClassificationReport } from '../../src/assessment/classification-report-schema.js';

export interface Made {
  readonly examples: number;
  readonly labels: readonly string[];
  readonly text?: string;
}

/** How far the logit of the true class is raised in each arm: the better it is, the further. */
const skill = { student: 2.2, teacher: 3, alone: 1.2 };

/** Logits of an arm, in which the noise is half its own. */
export function logitsOf(arm: keyof typeof skill, { examples, labels }: Made): Float32Array[] {
  const size = labels.length;
  const [shared, own] = [new Float32Array(examples * size), new Float32Array(examples * size)];
  random.fillNormal(shared, random.key('shared'));
  random.fillNormal(own, random.key(arm));
  return Array.from({ length: examples }, (_, i) =>
    Float32Array.from(
      { length: size },
      (__, label) =>
        shared[i * size + label]! + own[i * size + label]! / 2 + (label === i % size ? skill[arm] : 0),
    ),
  );
}

/** What a caller knows after teaching, with made-up models. */
export function assessmentOf(made: Made, arms?: ClassifierAssessment['arms']): ClassifierAssessment {
  const { examples, labels, text = 'a text' } = made;
  const targets = Int32Array.from({ length: examples }, (_, i) => i % labels.length);
  const armOf = (id: keyof typeof skill): ArmInput => ({
    title: `the ${id}`,
    logits: logitsOf(id, made),
    validation: { logits: logitsOf(id, made), targets },
    costs: { parameters: 790_253, bytes: 3_161_012, milliseconds: 0.05, dollarsPerThousand: 0.004 },
  });
  return {
    title: 'tickets',
    labels,
    targets,
    texts: Array.from(targets, (_, i) => `${text} ${i}`),
    ids: Array.from(targets, (_, i) => `test:${i}`),
    arms: arms ?? { student: armOf('student'), teacher: armOf('teacher'), alone: armOf('alone') },
    sizes: { train: 1000, validation: 100, test: examples },
    warnings: ['duplicates: 6 in both of train/test'],
    rejected: { total: 3, reasons: [{ reason: 'text is empty', count: 3 }], path: 'rejected.jsonl' },
    curves: ['student', 'alone'].map((arm) => ({
      arm,
      metric: 'validation accuracy',
      points: [
        [10, 0.5],
        [20, 0.8],
      ],
    })),
    reproduce: {
      command: 'tutelage distill tickets.csv --seed 7',
      seed: 7,
      versions: { tutelage: '0.1.0' },
      hashes: { 'the data': 'c0ffee' },
    },
  };
}

export function reportOf(made: Made): ClassificationReport {
  return assessClassifier(assessmentOf(made));
}

export const three = { examples: 300, labels: ['card', 'cash', 'other'] };
