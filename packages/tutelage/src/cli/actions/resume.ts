import { UserError } from '../../core/errors.js';
import { interruptible } from '../../runs/interrupt.js';
import type { ResumeParameters } from '../commands/resume.js';
import type { Console } from '../console.js';
import { readAssignment } from '../distill/assignment.js';
import { distillConfigOf } from '../distill/files.js';
import { openWholeRun } from '../distill/parts.js';
import { perform } from '../distill/perform.js';

/** `tutelage resume`. */
export async function resumeRun({ run: path, json }: ResumeParameters, io: Console): Promise<void> {
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
