import { z } from 'zod';
import { UserError } from '../../core/errors.js';
import { interruptible } from '../../runs/interrupt.js';
import { defineCommand } from '../command.js';
import { readData } from '../distill/data.js';
import { distillConfigOf } from '../distill/files.js';
import { openWholeRun } from '../distill/parts.js';
import { perform } from '../distill/perform.js';

export const command = defineCommand({
  name: 'resume',
  summary: 'Goes on with a run that was interrupted or killed; it ends as if it had not been.',
  params: z.object({
    run: z.string().describe('folder of the run'),
    json: z.boolean().default(false).describe('print the result as JSON'),
  }),
  positional: ['run'],
  async run({ run: path, json }, io) {
    const run = openWholeRun(path);
    const { settings, dataHash } = distillConfigOf(run);
    io.say(`reading ${settings.data}`);
    const data = await readData(settings);
    if (data.hash !== dataHash) {
      throw new UserError(`the data have changed since the run was started: ${settings.data}`, {
        hint: 'restore the file, or start a new run',
      });
    }
    await interruptible((signal) =>
      perform({ run, data, settings: { ...settings, json: json || settings.json }, io, signal }),
    );
  },
});
