import { geometricMean } from './statistics.js';

const dash = '–';

/** The results of `engine.js` as Markdown. */
export function render({ machine, versions, absent, peak, results, loads }) {
  const names = Object.keys(versions);
  const oneThread = timings(results, names, 'cpu', 1);
  const twoThreads = timings(results, names, 'wall', 2);
  return [
    `${machine.cpu}, ${machine.cores} cores; Node ${machine.node}; ${Object.values(versions).join(', ')}`,
    `Load average ${loads.map((load) => load.toFixed(1)).join(' to ')}. Median of all steps, ± half the distance between the quartiles.`,
    ...Object.entries(absent).map(([name, reason]) => `${name} did not run: ${reason}`),
    ...(oneThread ? ['CPU milliseconds a step, one thread', oneThread] : []),
    ...(twoThreads ? ['Wall milliseconds a step, two threads', twoThreads] : []),
    `Tutelage's share of the matmul peak (${peak.toFixed(0)} GFLOP/s, one thread), first step with compilation, and peak memory`,
    resources(results, names),
  ].join('\n\n');
}

/** One row a workload, with ratios to ours and their geometric mean; undefined where nothing was measured. */
function timings(results, names, measure, threads) {
  const [ours, ...others] = names;
  const measured = results.filter((r) => r.timings[threads]?.[ours]);
  if (measured.length === 0) return undefined;
  const of = (result, name) => result.timings[threads][name]?.[measure];
  const present = others.filter((name) => measured.some((r) => of(r, name)));
  const ratio = (result, name) => of(result, name) && of(result, name).median / of(result, ours).median;
  const rows = measured.map((r) => [
    r.title,
    ...[ours, ...present].map((name) => (of(r, name) ? withSpread(of(r, name)) : dash)),
    ...present.map((name) => times(ratio(r, name))),
  ]);
  const means = present.map((name) =>
    times(geometricMean(measured.map((r) => ratio(r, name)).filter((x) => x !== undefined))),
  );
  return table(
    ['workload', ours, ...present, ...present.map((name) => `${name} / ${ours}`)],
    [...rows, ['geometric mean', ...[ours, ...present].map(() => ''), ...means]],
  );
}

function resources(results, names) {
  const megabytes = (bytes) => (bytes === undefined ? dash : `${(bytes / 1e6).toFixed(0)} MB`);
  return table(
    [
      'workload',
      'parameters',
      'GFLOP a step',
      'share of peak',
      'first step',
      ...names.map((n) => `memory, ${n}`),
    ],
    results.map((r) => [
      r.title,
      r.parameters?.toLocaleString('en') ?? dash,
      r.flops === undefined ? dash : (r.flops / 1e9).toFixed(2),
      r.share === undefined ? dash : `${(100 * r.share).toFixed(0)} %`,
      r.compile === undefined ? dash : `${(r.compile / 1e3).toFixed(2)} s`,
      ...names.map((name) => megabytes(r.peakRss[name])),
    ]),
  );
}

function withSpread({ median, spread }) {
  const digits = median < 10 ? 2 : median < 100 ? 1 : 0;
  return `${median.toFixed(digits)} ± ${spread.toFixed(digits)}`;
}

function times(ratio) {
  return ratio === undefined ? dash : `${ratio.toFixed(2)} ×`;
}

export function table(header, rows) {
  const widths = header.map((_, i) => Math.max(...[header, ...rows].map((row) => row[i].length)));
  const line = (cells) =>
    `| ${cells.map((c, i) => (i === 0 ? c.padEnd(widths[i]) : c.padStart(widths[i]))).join(' | ')} |`;
  const rule = `| ${widths.map((w, i) => (i === 0 ? '-'.repeat(w) : `${'-'.repeat(w - 1)}:`)).join(' | ')} |`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}
