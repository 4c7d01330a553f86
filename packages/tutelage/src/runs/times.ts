import { join } from 'node:path';
import { z } from 'zod';
import { quietly, writeFileAtomic } from './atomic.js';
import { type FileSystem, nodeFileSystem } from './file-system.js';

const timeSchema = z.object({
  /** On the clock. */
  seconds: z.number().nonnegative(),
  /** Of all threads of the process. */
  cpuSeconds: z.number().nonnegative(),
  /** What was done in it: steps of a training, examples of a teacher. */
  count: z.int().nonnegative(),
});

/** What an activity took, added up over all processes that took part in it. */
export type Time = z.infer<typeof timeSchema>;

const timesSchema = z.record(z.string(), timeSchema);

const none: Time = { seconds: 0, cpuSeconds: 0, count: 0 };

const timesFile = (folder: string): string => join(folder, 'times.json');

/** Starts a watch: what it returns tells the time since then. */
export function startWatch(): () => Omit<Time, 'count'> {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 };
  };
}

/** What an activity in a folder took so far; nothing if it was never timed, or its record is damaged. */
export function timeOf(folder: string, activity: string, fs: FileSystem = nodeFileSystem): Time {
  return readTimes(folder, fs)[activity] ?? none;
}

/** Adds to what an activity in a folder took. Never throws: that a time can't be saved stops no work. */
export function addTime(
  folder: string,
  activity: string,
  { seconds, cpuSeconds, count }: Time,
  fs: FileSystem = nodeFileSystem,
): void {
  const times = readTimes(folder, fs);
  const before = times[activity] ?? none;
  const after: Time = {
    seconds: before.seconds + seconds,
    cpuSeconds: before.cpuSeconds + cpuSeconds,
    count: before.count + count,
  };
  quietly(() =>
    writeFileAtomic(fs, timesFile(folder), `${JSON.stringify({ ...times, [activity]: after })}\n`),
  );
}

const savedEverySeconds = 5;

/**
 * Times an activity as it goes on, and saves every few seconds, so that little is lost when the process is killed.
 *
 * @returns told of each thing that is done, and at the end
 */
export function stopwatch(folder: string, activity: string): { done(): void; stop(): void } {
  let watch = startWatch();
  let count = 0;
  const save = (): void => {
    addTime(folder, activity, { ...watch(), count });
    watch = startWatch();
    count = 0;
  };
  return {
    done() {
      count++;
      if (watch().seconds >= savedEverySeconds) save();
    },
    stop: save,
  };
}

function readTimes(folder: string, fs: FileSystem): Readonly<Record<string, Time>> {
  try {
    return timesSchema.parse(JSON.parse(new TextDecoder().decode(fs.read(timesFile(folder)))));
  } catch {
    return {};
  }
}
