import type { Costs, Economy } from './economy-schema.js';

/** How a student compares with its teacher in speed, computing and size, as far as both are known. */
export function economyOf(teacher: Economy['teacher'], student: Costs): Economy {
  const { costs } = teacher;
  const ratio = <N extends string>(name: N, more: number | undefined, less: number | undefined) =>
    more === undefined || !less ? {} : ({ [name]: more / less } as Record<N, number>);
  return {
    teacher,
    ...ratio('timesFaster', student.examplesPerSecond, costs.examplesPerSecond),
    ...ratio('timesLessComputing', costs.cpuSecondsPerThousand, student.cpuSecondsPerThousand),
    ...ratio('timesSmaller', costs.bytes, student.bytes),
  };
}
