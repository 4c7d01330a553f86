import { UserError } from '../../core/errors.js';
import { kebab } from '../flags.js';
import { type DistillSettings, distillSettings } from './settings.js';

type Name = keyof DistillSettings;

/** Settings that mean the same for every student. */
const common: readonly Name[] = [
  'data',
  'name',
  'student',
  'split',
  'validation',
  'test',
  'limit',
  'epochs',
  'seed',
  'licence',
  'out',
  'threads',
  'checkpointSeconds',
  'quick',
  'json',
];

/**
 * Refuses settings that mean nothing for a student.
 *
 * @param own names of those that mean something beside the common ones
 * @throws {UserError} naming one that was given
 */
export function checkFitting(settings: DistillSettings, own: readonly Name[]): void {
  const defaults: Readonly<Record<string, unknown>> = distillSettings.parse({ data: settings.data });
  const fitting = new Set<string>([...common, ...own]);
  const unfit = Object.entries(settings).find(
    ([name, value]) => value !== undefined && value !== defaults[name] && !fitting.has(name),
  );
  if (!unfit) return;
  const flag = `--${unfit[1] === false ? 'no-' : ''}${kebab(unfit[0])}`;
  if (unfit[0] === 'teacher') {
    throw new UserError(`${settings.student} learns from its data alone: --teacher ${settings.teacher}`, {
      hint: 'leave --teacher out; teachers are for classifiers',
    });
  }
  throw new UserError(`${flag} means nothing for ${settings.student}`, { hint: 'leave it out' });
}
