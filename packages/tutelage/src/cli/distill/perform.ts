import { relative } from 'node:path';
import { percent } from '../../assessment/wording.js';
import { renderReport, renderTerminal, wantsColor } from '../../report/index.js';
import { writeFileAtomic } from '../../runs/atomic.js';
import { nodeFileSystem as fs } from '../../runs/file-system.js';
import { type Run, studentFolder } from '../../runs/run.js';
import type { InputKind } from '../../students/featurizers.js';
import type { Shipped } from '../../students/write-student.js';
import type { Console } from '../console.js';
import type { Data, DataOf } from './data.js';
import { reportFile } from './files.js';
import { type Distilled, distil } from './flow.js';
import type { DistillSettings } from './settings.js';

/** Does what is left of a run, writes its report and prints the result. */
export async function perform(options: {
  readonly run: Run;
  readonly data: Data;
  readonly settings: DistillSettings;
  readonly io: Console;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { run, data, settings, io, signal } = options;
  showWarnings(data, io);
  const progress = io.progress(settings.json);
  const work = <K extends InputKind>(of: DataOf<K>): Promise<Distilled | undefined> =>
    distil<K>({ run, data: of, settings, io, progress, signal });
  const result = await (data.input === 'text' ? work(data) : work(data));
  if (!result) return;
  const { report, shipped } = result;
  writeFileAtomic(fs, reportFile(run), renderReport(report));
  const paths = { run: run.path, student: studentFolder(run.path), report: reportFile(run) };
  if (settings.json) {
    io.print(JSON.stringify({ ...paths, shipped, ...report }));
    return;
  }
  io.print(renderTerminal(report, { color: wantsColor(process.stdout, process.env) }));
  io.print(formsLine(shipped));
  io.print(`student  ${shown(paths.student)}`);
  io.print(`report   ${shown(paths.report)}`);
  io.print(
    `try      tutelage predict ${shown(paths.student)}${data.input === 'text' ? ' "a text"' : ' picture.png'}`,
  );
}

/** What the int8 form saves and costs. */
function formsLine({ float32, int8 }: Shipped): string {
  const size = `int8: ${(int8.bytes / 1e6).toFixed(2)} MB instead of ${(float32.bytes / 1e6).toFixed(2)}`;
  if (int8.score === undefined || float32.score === undefined) return size;
  return `${size}, validation accuracy ${percent(int8.score, 2)} instead of ${percent(float32.score, 2)}`;
}

/** A path as one would type it here. */
export function shown(path: string): string {
  const near = relative('', path);
  return near === '' ? '.' : near.startsWith('..') ? path : near;
}

function showWarnings(data: Data, io: Console): void {
  const { train, validation, test } = data.splits;
  io.say(
    `${data.name}: ${data.labels.length} labels; ${train.inputs.length} examples for training, ${validation.inputs.length} for validation, ${test.inputs.length} for the test`,
  );
  for (const { source, row, reason } of data.rejected.first)
    io.say(`rejected: ${source}, row ${row}: ${reason}`);
  for (const warning of data.warnings) io.say(`warning: ${warning}`);
}
