import { random } from '@tutelage/engine';
import type { Arm } from '../core/claim.js';
import {
  type SimulatedSchool,
  type SimulatedSchoolConfig,
  simulatedAnswers,
  simulatedSchool,
} from '../tasks/simulated-learners.js';
import { assessTracing } from './assess.js';
import type { Tracer, TracerKind } from './tracer.js';
import { scoreAfterTasks } from './tutoring.js';

/** Simulated learners by what they are for. */
export interface Cohort {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/** Simulated answers, and who is fitted and tested on. */
interface Experiment {
  readonly school: SimulatedSchool;
  readonly data: ReturnType<typeof simulatedAnswers>['data'];
  readonly chance: Float32Array;
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
  readonly key: random.Key;
}

function experimentOf(
  config: SimulatedSchoolConfig,
  cohort: Cohort,
  options: { readonly knownConcepts: boolean; readonly sameOrder: boolean },
  seed: number,
): Experiment {
  const key = random.key(seed);
  const school = simulatedSchool(config, random.foldIn(key, 'school'));
  const { train, validation, test } = cohort;
  const made = simulatedAnswers(school, train + validation + test, options, random.foldIn(key, 'learners'));
  const range = (begin: number, count: number) => Int32Array.from({ length: count }, (_, i) => begin + i);
  return {
    school,
    ...made,
    train: range(0, train),
    validation: range(train, validation),
    test: range(train + validation, test),
    key,
  };
}

async function fitted<T>(
  kind: TracerKind,
  { data, train, validation }: Experiment,
  seed: number,
  signal: AbortSignal,
  use: (tracer: Tracer) => Promise<T>,
): Promise<T> {
  const tracer = await kind.fit(data, { train, validation }, { seed, signal });
  try {
    return await use(tracer);
  } finally {
    await tracer.dispose();
  }
}

type Options = Parameters<typeof experimentOf>[2];

/** An arm whose value is the AUC of a tracer on learners that it has not seen. */
export function tracingArm(
  id: string,
  title: string,
  kind: TracerKind,
  setting: { readonly config: SimulatedSchoolConfig; readonly cohort: Cohort } & Options,
): Arm {
  return {
    id,
    title,
    run(seed, signal) {
      const experiment = experimentOf(setting.config, setting.cohort, setting, seed);
      const { data, test } = experiment;
      return fitted(kind, experiment, seed, signal, async (tracer) => {
        const { auc, withinLearner, calibrationError } = assessTracing(
          data,
          test,
          await tracer.predict(data, test),
        );
        return { value: auc, figures: { withinLearner, calibrationError } };
      });
    },
  };
}

/** The AUC of the true chances, which no tracer can beat. */
export function ceilingArm(
  setting: { readonly config: SimulatedSchoolConfig; readonly cohort: Cohort } & Options,
): Arm {
  return {
    id: 'ceiling',
    title: 'the true chances: the ceiling',
    async run(seed) {
      const { data, test, chance } = experimentOf(setting.config, setting.cohort, setting, seed);
      const own = chance.subarray(data.offsets[test[0]!]!);
      const { auc, withinLearner, calibrationError } = assessTracing(data, test, own);
      return { value: auc, figures: { withinLearner, calibrationError } };
    },
  };
}

/** An arm whose value is the true score of learners who were given tasks by a tutor. */
export function tutorArm(
  id: string,
  title: string,
  tutor: TracerKind | 'random' | 'in turn',
  setting: { readonly config: SimulatedSchoolConfig; readonly cohort: Cohort } & Options,
  lessons: { readonly learners: number; readonly tasks: number },
): Arm {
  return {
    id,
    title,
    async run(seed, signal) {
      const experiment = experimentOf(setting.config, setting.cohort, setting, seed);
      const key = random.foldIn(experiment.key, 'tutored');
      if (typeof tutor === 'string') return scoreAfterTasks(experiment.school, tutor, lessons, key);
      return fitted(tutor, experiment, seed, signal, (tracer) =>
        scoreAfterTasks(experiment.school, tracer, lessons, key),
      );
    },
  };
}
