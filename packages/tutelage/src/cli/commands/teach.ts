import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../core/errors.js';
import { explained } from '../../runs/file-errors.js';
import { nodeFileSystem as fs } from '../../runs/file-system.js';
import { interruptible } from '../../runs/interrupt.js';
import { readTaughtRecord, writeTaughtRecord } from '../../runs/taught.js';
import { defineCommand } from '../command.js';
import { methodNamed } from '../method-named.js';
import { methodSettings } from '../method-settings.js';

export const command = defineCommand({
  name: 'teach',
  summary: "Applies a paper's method to your own data. It can be interrupted and goes on when called again.",
  params: z.object({
    method: z.string().describe('id of the method'),
    data: z.string().describe('what the method learns from; `tutelage show` tells what it must be'),
    set: z.array(z.string()).default([]).describe('parameters of the method, as key=value'),
    out: z.string().optional().describe('folder of what it writes (default: taught/METHOD)'),
    seed: z.int().default(1).describe('of all random numbers'),
  }),
  positional: ['method'],
  examples: ['tutelage teach cyclical-curriculum --data tickets.csv --set passes=20 seeds=5'],
  async run({ method: name, data, set, out, seed }, io) {
    const { method, read } = await methodNamed(name);
    const settings = methodSettings(method.params, set);
    const folder = out ?? join('taught', method.id);
    needSame(folder, { method: method.id, data });
    const input = await read(data);
    explained('make a folder', folder, () => mkdirSync(folder, { recursive: true }));
    await interruptible(async (signal) => {
      const { lines } = await method.run(input, settings, { seed, folder, signal, say: io.say });
      for (const line of lines) io.print(line);
      const ended = new Date().toISOString();
      const isWhole = !signal.aborted;
      writeTaughtRecord(fs, folder, { method: method.id, data, settings, seed, lines, isWhole, ended });
      if (signal.aborted)
        io.say('interrupted: the result is of what was done so far; the same command goes on');
    });
  },
});

/** What another method or other data left in a folder would stay there beside what is written now. */
function needSame(folder: string, now: { readonly method: string; readonly data: string }): void {
  const before = readTaughtRecord(fs, folder);
  if (!before) return;
  const same = before.method === now.method && resolve(before.data) === resolve(now.data);
  if (same) return;
  throw new UserError(`this folder holds what was taught before: ${folder}`, {
    detail: `${before.method} of ${before.data}, not ${now.method} of ${now.data}`,
    hint: 'choose another folder (--out), or delete this one',
  });
}
