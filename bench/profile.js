import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTrainer, optim, setBackend } from '@tutelage/engine';
import * as ort from 'onnxruntime-node';
import { ortBackend } from '../packages/engine/dist/runtime/ort.js';
import { summarise } from './statistics.js';
import { build, workloads } from './workloads.js';

// Where the time of a training step goes, by the runtime's own profile on one thread: `node bench/profile.js WORKLOAD`.

const steps = 16;
const median = (values) => summarise(values).median;
const name = process.argv[2];
if (!workloads[name]) {
  console.error(`workload: ${name ?? 'none given'}; there are ${Object.keys(workloads).join(', ')}`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'profile-'));
// The trainer's session is the last: others try what the processor can do.
let sessions = 0;
let session;
const profiled = {
  Tensor: ort.Tensor,
  InferenceSession: {
    create: async (model, options) => {
      sessions++;
      const profiling = { enableProfiling: true, profileFilePrefix: join(folder, `session${sessions}-`) };
      session = await ort.InferenceSession.create(model, { ...options, ...profiling });
      return session;
    },
  },
};
setBackend(
  ortBackend(profiled, { executionProviders: ['cpu'], graphOptimizationLevel: 'all', logSeverityLevel: 3 }),
);

const { params, loss, batch } = build(workloads[name]);
const trainer = createTrainer({ params, loss, optimizer: optim.adamw(), threads: 1 });
const walls = [];
for (let i = 0; i < steps; i++) {
  const start = performance.now();
  await trainer.step(batch);
  walls.push(performance.now() - start);
}
session.endProfiling();
const file = readdirSync(folder).find((name) => name.startsWith(`session${sessions}-`));
const events = JSON.parse(readFileSync(join(folder, file), 'utf8'));
rmSync(folder, { recursive: true });

const kernels = events.filter((e) => e.cat === 'Node' && e.name.endsWith('_kernel_time'));
const shapes = (of) => of.map((type) => `[${Object.values(type)[0]}]`).join(' ');
const runs = events.filter((e) => e.name === 'model_run').sort((a, b) => a.ts - b.ts);

const inRuntime = median(runs.slice(1).map((e) => e.dur / 1e3));
console.log(
  `${median(walls.slice(1)).toFixed(2)} ms a step (profiling slows it down), ${inRuntime.toFixed(2)} of them in the runtime`,
);
print(
  'operator',
  groups(kernels, ({ args }) => args.op_name),
);
print(
  'operator with its shapes',
  groups(
    kernels,
    ({ args }) => `${args.op_name} ${shapes(args.input_type_shape)} -> ${shapes(args.output_type_shape)}`,
  ).slice(0, 40),
);

/** Calls and milliseconds a step by group: medians over the steps after the first, most time first. */
function groups(all, key) {
  const found = new Map();
  for (const event of all) {
    const step = runs.findLastIndex((run) => run.ts <= event.ts);
    if (step < 1) continue;
    const name = key(event);
    if (!found.has(name)) found.set(name, { times: new Array(steps - 1).fill(0), calls: 0 });
    const entry = found.get(name);
    entry.times[step - 1] += event.dur / 1e3;
    entry.calls += 1 / (steps - 1);
  }
  return [...found]
    .map(([group, { times, calls }]) => ({ group, calls, time: median(times) }))
    .sort((a, b) => b.time - a.time);
}

function print(title, rows) {
  const total = groups(kernels, () => 'all')[0].time;
  console.log(`\n${'ms'.padStart(8)}  ${'share'.padStart(6)}  ${'calls'.padStart(5)}  ${title}`);
  for (const { group, calls, time } of rows) {
    const share = `${((100 * time) / total).toFixed(1)} %`;
    console.log(
      `${time.toFixed(2).padStart(8)}  ${share.padStart(6)}  ${calls.toFixed(0).padStart(5)}  ${group}`,
    );
  }
  console.log(`${total.toFixed(2).padStart(8)}  in all`);
}
