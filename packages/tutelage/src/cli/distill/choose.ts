import { join } from 'node:path';
import { type Choice, choiceSchema } from '../../assessment/choice-schema.js';
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
import { type DistillSettings, passes } from './settings.js';
import { temperatureOf } from './signals.js';

const choiceFile = (run: Run): string => join(run.path, 'choice.json');

/** The preset to teach, and how it came to be chosen. */
export interface Chosen<K extends InputKind> {
  readonly preset: ClassifierPreset<InputTypes[K]>;
  /** Undefined where it was named. */
  readonly choice: Choice | undefined;
}

/**
 * The preset to teach: the one that was named or, for `auto`, the smallest that does well on the validation data. The choice hangs on
 * the time that trials take, so that it is kept, and so is each trial: a resumed run goes on with them.
 *
 * @returns `paused` if the trials were interrupted
 */
export async function presetToTeach<K extends InputKind>(
  options: FlowOptions<K>,
  teacher: Lessons<InputTypes[K]>['teacher'],
): Promise<Chosen<K> | 'paused'> {
  const { data, settings, run, progress, signal } = options;
  const planned = (name: string | undefined) => withPlan(findPreset(data, name, settings), settings);
  if (settings.student !== auto) return { preset: planned(settings.student), choice: undefined };
  const kept = keptChoice(run);
  if (kept) return { preset: planned(kept.preset), choice: kept };
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
      checkpointEvery: { seconds: settings.checkpointSeconds },
      progress,
      signal,
      ...threadsOf(settings),
    });
    progress.say(trialTable(choice));
    progress.say(choice.reason);
    writeFileAtomic(fs, choiceFile(run), `${JSON.stringify(choice)}\n`);
    return { preset: planned(choice.preset), choice };
  } catch (error) {
    if (!signal.aborted) throw error;
    progress.say(`the trials so far are kept; resume with: ${resumeCommand(run.path)}`);
    return 'paused';
  }
}

/** The preset with the number of epochs that was wished for. */
function withPlan<I>(preset: ClassifierPreset<I>, settings: DistillSettings): ClassifierPreset<I> {
  return {
    ...preset,
    async create(inputs, labels, key) {
      const student = await preset.create(inputs, labels, key);
      return { ...student, plan: { ...student.plan, epochs: passes(student.plan.epochs, settings) } };
    },
  };
}

function keptChoice(run: Run): Choice | undefined {
  const file = choiceFile(run);
  if (fs.kind(file) !== 'file') return undefined;
  const text = explained('read the choice', file, () => new TextDecoder().decode(fs.read(file)));
  try {
    return choiceSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
