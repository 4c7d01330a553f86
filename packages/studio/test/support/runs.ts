import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRun, metricsFile } from 'tutelage/runs';

/** Makes a run as a finished one leaves it, and returns its id. */
export function makeRun(
  folder: string,
  options: {
    readonly name: string;
    readonly day?: string;
    readonly config?: { readonly [key: string]: string | number };
    readonly state?: string;
    readonly rows?: number;
    readonly report?: { readonly accuracy: number; readonly data: string };
  },
): string {
  const { name, day = '2026-01-01', config = {}, state = 'finished', rows = 10, report } = options;
  const run = createRun({ root: join(folder, 'runs'), name, config, now: new Date(`${day}T12:00:00Z`) });
  const status = { name, state, step: rows, total: 20, started: run.created, updated: run.created };
  writeFileSync(join(run.path, 'status.json'), JSON.stringify(status));
  const lines = Array.from({ length: rows }, (_, i) =>
    JSON.stringify({ step: i + 1, loss: 1 / (i + 1), note: 'x' }),
  );
  writeFileSync(metricsFile(run.path), lines.map((line) => `${line}\n`).join(''));
  if (report) {
    const interval = { estimate: report.accuracy, low: 0, high: 1 };
    const arm = {
      id: 'student',
      accuracy: interval,
      macroF1: interval,
      costs: { bytes: 1000, milliseconds: 0.5 },
    };
    const content = { arms: [arm], reproduce: { hashes: { data: report.data } } };
    writeFileSync(join(run.path, 'report.json'), JSON.stringify(content));
    writeFileSync(join(run.path, 'report.html'), '<!doctype html><script>alert(1)</script>');
  }
  return run.id;
}
