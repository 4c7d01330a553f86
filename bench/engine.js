import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { peers, start } from './peers.js';
import { summarise } from './statistics.js';
import { render } from './table.js';
import { workloads } from './workloads.js';

/** Above this load average the machine is busy with other things. */
const quiet = 1.5;
const output = new URL('../bench-results/', import.meta.url);

const usage = `npm run bench -- engine [--quick] [--only WORKLOAD]... [--threads N]...

  --quick    fewer rounds, and no waiting for peers that take a minute for their first steps
  --only     one workload: ${Object.keys(workloads).join(', ')}
  --threads  1 (CPU time) or 2 (wall time, for a quiet machine); both when left out

PyTorch runs in the Python of the environment variable TUTELAGE_PYTHON, or python3; peers/README.md tells how to install the
peers. Those that are not there are left out.`;

/** Races the libraries over the workloads: prints a table, and writes all figures to bench-results/engine.json. */
export async function benchmarkEngine(argv) {
  const options = readOptions(argv);
  if (!options) return;
  const before = warnOfLoad();
  const peaks = await matmulPeaks(options.patience);
  const results = [];
  for (const name of options.workloads) results.push(await race(name, options, peaks.best));
  const report = {
    machine: { cpu: cpus()[0].model.trim(), cores: cpus().length, node: process.versions.node },
    versions: versionsOf(peaks, results),
    loads: [before, loadavg()[0]],
    peak: peaks.best,
    matmul: peaks.matmul,
    absent: absent(results),
    results,
  };
  mkdirSync(output, { recursive: true });
  writeFileSync(new URL('engine.json', output), `${JSON.stringify(report, undefined, 2)}\n`);
  console.log(render(report));
  warnOfLoad();
}

/** The options, or nothing when there is only something to say: the usage, or what is wrong. */
function readOptions(argv) {
  try {
    const { values } = parseArgs({
      args: argv,
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: Object.keys(workloads) },
        threads: { type: 'string', multiple: true, default: ['1', '2'] },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(usage);
      return undefined;
    }
    const unknown = values.only.find((name) => !workloads[name]);
    if (unknown !== undefined) throw new Error(`unknown workload: ${unknown}`);
    const wrong = values.threads.find((n) => n !== '1' && n !== '2');
    if (wrong !== undefined) throw new Error(`threads must be 1 or 2: ${wrong}`);
    return {
      workloads: values.only,
      threads: values.threads.map(Number),
      ...(values.quick
        ? { rounds: 3, roundTime: 300, patience: 60_000 }
        : { rounds: 7, roundTime: 1000, patience: 120_000 }),
    };
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`);
    process.exitCode = 2;
    return undefined;
  }
}

function warnOfLoad() {
  const [load] = loadavg();
  if (load > quiet) {
    const advice = 'figures on two threads are meaningless, and those on one inflated';
    console.error(`warning: the load average is ${load.toFixed(1)}: ${advice}`);
  }
  return load;
}

/** GFLOP/s of square products on one thread, ours and PyTorch's, and the best of all. */
async function matmulPeaks(patience) {
  const matmul = {};
  const versions = {};
  for (const peer of peers.slice(0, 2)) {
    const worker = start(peer, patience);
    const reply = await worker.request({ workload: 'matmul_peak', threads: 1 });
    worker.stop();
    if (!reply.gflops) continue;
    matmul[peer.name] = reply.gflops;
    versions[peer.name] = reply.peer;
  }
  return { matmul, versions, best: Math.max(...Object.values(matmul).flatMap((g) => Object.values(g))) };
}

/** All peers' timings of one workload, each in a process of its own, taking turns. */
async function race(name, options, peak) {
  const running = peers.map((peer) => ({ name: peer.name, worker: start(peer, options.patience) }));
  const result = { workload: name, title: workloads[name].title, peakRss: {}, timings: {}, versions: {} };
  const missing = {};
  for (const threads of options.threads) {
    console.error(`${name}, ${threads === 1 ? 'one thread' : 'two threads'}`);
    const lanes = [];
    for (const peer of running) {
      const first = await peer.worker.request({ workload: name, threads, steps: 1 });
      if (first.unsupported) missing[peer.name] ??= first.unsupported;
      else lanes.push({ ...peer, steps: stepsOfRound(first.wall[0], options.roundTime), replies: [] });
    }
    for (let round = 0; round < options.rounds; round++) {
      for (const { worker, steps, replies } of lanes) {
        replies.push(await worker.request({ workload: name, threads, steps }));
      }
    }
    result.timings[threads] = Object.fromEntries(lanes.map((lane) => [lane.name, timingsOf(lane.replies)]));
    for (const { name: peer, replies } of lanes) {
      const last = replies.at(-1);
      result.peakRss[peer] ??= last.peakRss;
      result.versions[peer] ??= last.peer;
      if (last.flops) Object.assign(result, { flops: last.flops, parameters: last.parameters });
      if (last.compile) result.compile ??= last.compile;
    }
  }
  for (const { worker } of running) worker.stop();
  const ours = result.timings[1]?.[peers[0].name];
  if (ours) result.share = result.flops / (ours.cpu.median * 1e6) / peak;
  return { ...result, missing };
}

function stepsOfRound(step, roundTime) {
  return Math.min(200, Math.max(1, Math.round(roundTime / step)));
}

function timingsOf(replies) {
  const all = (measure) => summarise(replies.flatMap((reply) => reply[measure] ?? []));
  return { cpu: all('cpu'), wall: all('wall'), loss: replies.at(-1).loss };
}

/** Peers that answered nothing, each with the first reason that it gave. */
function absent(results) {
  const silent = peers.filter(({ name }) => results.every((r) => !r.versions[name]));
  return Object.fromEntries(silent.map(({ name }) => [name, results[0].missing[name]]));
}

/** What each peer calls itself; peers that answered nothing are left out. */
function versionsOf(peaks, results) {
  const found = Object.assign({}, peaks.versions, ...results.map((r) => r.versions));
  return Object.fromEntries(peers.filter(({ name }) => found[name]).map(({ name }) => [name, found[name]]));
}
