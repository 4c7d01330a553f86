import { UserError } from '../../core/errors.js';
import { interruptible } from '../../runs/interrupt.js';
import { openRun } from '../../runs/run.js';
import type { ResumeParameters } from '../commands/resume.js';
import type { Console } from '../console.js';
import { readAssignment } from '../distill/assignment.js';
import { distillConfigOf } from '../distill/files.js';
import { openWholeRun } from '../distill/parts.js';
import { perform } from '../distill/perform.js';
import { parametersOf } from '../tune/run.js';

/** `tutelage resume`. */
export async function resumeRun({ run: path, json }: ResumeParameters, io: Console): Promise<void> {
  const tuning = parametersOf(openRun(path));
  if (tuning) {
    if (json) throw new UserError('no JSON is printed of a language model that is tuned');
    return (await import('./tune.js')).tune(tuning, io);
  }
  const run = openWholeRun(path);
  const { settings, dataHash } = distillConfigOf(run);
  io.say(`reading ${settings.data}`);
  const assignment = await readAssignment(settings);
  if (assignment.data.hash !== dataHash) {
    throw new UserError(`the data have changed since the run was started: ${settings.data}`, {
      hint: 'restore the file, or start a new run',
    });
  }
  await interruptible((signal) =>
    perform({ run, assignment, settings: { ...settings, json: json || settings.json }, io, signal }),
  );
}
