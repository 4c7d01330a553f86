import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../../runs/atomic.js';
import { explained } from '../../runs/file-errors.js';
import { nodeFileSystem as fs } from '../../runs/file-system.js';
import { type Run, resumeCommand } from '../../runs/run.js';
import { chooseStudent, trialTable } from '../../students/auto.js';
import type { ClassifierPreset } from '../../students/classifier.js';
import type { InputKind, InputTypes } from '../../students/featurizers.js';
import type { Lessons } from '../../students/teach.js';
import { threadsOf } from '../student-in.js';
import type { FlowOptions } from './flow.js';
import { trialsFolder } from './parts.js';
import { auto, findPreset, presetsToTry } from './presets.js';
import type { DistillSettings } from './settings.js';
import { temperatureOf } from './signals.js';

const choiceSchema = z.object({ preset: z.string(), reason: z.string() });

const choiceFile = (run: Run): string => join(run.path, 'choice.json');

/**
 * The preset to teach: the one that was named or, for `auto`, the smallest that does well on the validation data. The choice hangs on
 * the time that trials take, so that it is kept: a resumed run goes on with it.
 *
 * @returns `paused` if the trials were interrupted
 */
export async function presetToTeach<K extends InputKind>(
  options: FlowOptions<K>,
  teacher: Lessons<InputTypes[K]>['teacher'],
): Promise<ClassifierPreset<InputTypes[K]> | 'paused'> {
  const { data, settings, run, progress, signal } = options;
  const planned = (name: string | undefined) => withPlan(findPreset(data, name, settings), settings);
  if (settings.student !== auto) return planned(settings.student);
  const kept = keptChoice(run);
  if (kept !== undefined) return planned(kept);
  try {
    const choice = await chooseStudent<InputTypes[K]>({
      presets: presetsToTry(data, settings).map((preset) => withPlan(preset, settings)),
      labels: data.labels,
      lessons: { ...data.splits.train, ...(teacher && { teacher }) },
      validation: data.splits.validation,
      distillation: { temperature: temperatureOf(settings), weight: settings.distillWeight },
      seconds: 60 * settings.timeBudget,
      seed: settings.seed,
      root: trialsFolder(run),
      progress,
      signal,
      ...threadsOf(settings),
    });
    const { preset } = choice.student;
    progress.say(trialTable(choice));
    progress.say(choice.reason);
    writeFileAtomic(fs, choiceFile(run), `${JSON.stringify({ preset, reason: choice.reason })}\n`);
    return planned(preset);
  } catch (error) {
    if (!signal.aborted) throw error;
    progress.say(`the trials begin anew when the run is resumed: ${resumeCommand(run.path)}`);
    return 'paused';
  }
}

/** The preset with the number of epochs that was wished for. */
function withPlan<I>(preset: ClassifierPreset<I>, { epochs, quick }: DistillSettings): ClassifierPreset<I> {
  return {
    ...preset,
    async create(inputs, labels, key) {
      const student = await preset.create(inputs, labels, key);
      const passes = epochs ?? student.plan.epochs;
      return { ...student, plan: { ...student.plan, epochs: quick ? Math.ceil(passes / 3) : passes } };
    },
  };
}

function keptChoice(run: Run): string | undefined {
  const file = choiceFile(run);
  if (fs.kind(file) !== 'file') return undefined;
  const text = explained('read the choice', file, () => new TextDecoder().decode(fs.read(file)));
  try {
    return choiceSchema.parse(JSON.parse(text)).preset;
  } catch {
    return undefined;
  }
}
