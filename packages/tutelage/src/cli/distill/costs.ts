import type { ClassificationReport } from '../../assessment/classification-report-schema.js';
import { economyOf } from '../../assessment/economy.js';
import type { Bill, Costs, Economy } from '../../assessment/economy-schema.js';
import type { Run } from '../../runs/run.js';
import { startWatch, type Time, timeOf } from '../../runs/times.js';
import type { InputKind, InputTypes } from '../../students/featurizers.js';
import { loadStudent, type Prediction } from '../../students/load-student.js';
import { trainingActivity } from '../../students/resumable-training.js';

const timedInputs = 40;
const warmUps = 5;
/** Inputs that come together, and the least time in which they are answered again and again. */
const batchSize = 128;
const leastSeconds = 0.3;

/**
 * What answers take: the median time for one input, and the rate when many come together.
 *
 * @param answer of a model on one thread
 */
export async function answeringCosts<I>(
  answer: (inputs: readonly I[]) => Promise<unknown>,
  inputs: readonly I[],
): Promise<Costs> {
  const some = inputs.slice(0, timedInputs);
  for (const input of some.slice(0, warmUps)) await answer([input]);
  const times: number[] = [];
  for (const input of some) {
    const watch = startWatch();
    await answer([input]);
    times.push(1000 * watch().seconds);
  }
  const batch = inputs.slice(0, batchSize);
  await answer(batch);
  const watch = startWatch();
  let answered = 0;
  while (watch().seconds < leastSeconds) {
    await answer(batch);
    answered += batch.length;
  }
  const rate = rateOf({ ...watch(), count: answered });
  return { milliseconds: times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!, ...rate };
}

/** What a shipped classifier takes on one thread. */
export async function classifierCosts<K extends InputKind>(
  folder: string,
  inputs: readonly InputTypes[K][],
): Promise<Costs> {
  const student = await loadStudent(folder, { threads: 1 });
  const predict = student.predict as (inputs: readonly InputTypes[K][]) => Promise<Prediction[]>;
  const costs = await answeringCosts(predict, inputs);
  await student.dispose();
  return costs;
}

/** What teaching in a run took, over all processes. */
export function trainingCosts(run: Run): Costs {
  const { seconds, cpuSeconds } = timeOf(run.path, trainingActivity);
  return { trainingSeconds: seconds, trainingCpuSeconds: cpuSeconds };
}

/**
 * What a teacher takes, from what asking it took so far.
 *
 * @param count examples of this run
 */
export function teacherCosts(
  { title, costs }: { readonly title: string; readonly costs: Costs },
  asked: Time,
  count: number,
  bill: Bill | undefined,
): Economy['teacher'] {
  const { cpuSecondsPerThousand, ...rate } = rateOf(asked);
  return {
    title,
    costs: {
      ...costs,
      ...rate,
      // The processors that an endpoint runs on are not ours.
      ...(!bill && cpuSecondsPerThousand !== undefined && { cpuSecondsPerThousand }),
      ...(bill?.dollars !== undefined && { dollarsPerThousand: (1000 * bill.dollars) / count }),
    },
    asked: { examples: asked.count, seconds: asked.seconds, cpuSeconds: asked.cpuSeconds },
    ...(bill && { bill }),
  };
}

/** The report with what was found of costs after the assessment. */
export function withCosts(
  report: ClassificationReport,
  costs: { readonly student: Costs; readonly alone: Costs; readonly teacher: Economy['teacher'] | undefined },
): ClassificationReport {
  const { student, alone, teacher } = costs;
  const byArm = { student, alone, teacher: teacher?.costs ?? {} };
  return {
    ...report,
    arms: report.arms.map((arm) => ({ ...arm, costs: byArm[arm.id] })),
    ...(teacher && { economy: economyOf(teacher, student) }),
  };
}

function rateOf({ seconds, cpuSeconds, count }: Time): Costs {
  if (count === 0 || seconds === 0) return {};
  return { examplesPerSecond: count / seconds, cpuSecondsPerThousand: (1000 * cpuSeconds) / count };
}
