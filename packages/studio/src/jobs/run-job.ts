import { main } from 'tutelage/cli';
import { processStart } from 'tutelage/runs';
import { readOrder, writeJobFile } from './job-folder.js';

// The process of a job: runs the command of the folder that it is given, and leaves there who it is and how it ended.

const [, , folder = ''] = process.argv;
const order = readOrder(folder);
if (!order) throw new Error(`not the folder of a job: ${folder}`);

writeJobFile(folder, 'process', { pid: process.pid, started: processStart(process.pid) ?? 'unknown' });
process.on('exit', (code) => writeJobFile(folder, 'exit', { code, ended: new Date().toISOString() }));

const signals = { SIGINT: 130, SIGTERM: 143 } as const;
for (const [signal, code] of Object.entries(signals)) {
  // A command that can save has a listener of its own; before and after it, the end is at once.
  process.on(signal, () => {
    if (process.listenerCount(signal) === 1) process.exit(code);
  });
}

await main(order.words);
