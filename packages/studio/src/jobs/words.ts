import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { distillSettings } from 'tutelage/cli';
import { z } from 'zod';
import type { StartedJob } from '../api/index.js';
import { Problem } from '../problems/problem.js';
import { existingPath } from '../workspace/confined.js';
import type { Workspace } from '../workspace/workspace.js';
import type { Order } from './job-folder.js';

type Command = Pick<Order, 'words' | 'title' | 'method' | 'claim' | 'run' | 'taught'>;
type Settings = Extract<StartedJob, { kind: 'distill' }>['settings'];

/** Settings of a distillation that the studio decides, and those that ask a question in a terminal. */
const ownSettings = ['out', 'json', 'yes', 'threads'] as const;

/** Those of the form: what the studio decides is left out. */
export const distillForm = distillSettings.omit(
  Object.fromEntries(ownSettings.map((name) => [name, true])) as Record<(typeof ownSettings)[number], true>,
);

const pathSettings = ['weights', 'labels', 'validation', 'test'];

/**
 * The command line of a job. Every path in it is in the workspace, and no word of the user's can be taken for a flag.
 *
 * @throws {Problem} when settings are not to be had, or paths lead elsewhere
 */
export function commandOf(job: StartedJob, workspace: Workspace, methods: readonly string[]): Command {
  if (job.kind === 'resume') {
    return {
      words: ['resume', existingPath(workspace.root, `runs/${job.run}`)],
      title: `resume ${job.run}`,
      run: job.run,
    };
  }
  if (job.kind === 'distill') return distillation(job.settings, workspace);
  if (job.kind === 'reproduce') {
    const { claim, quick, processes } = job;
    if (!methods.some((method) => `${claim}-`.startsWith(`${method}-`)))
      throw new Problem(404, `no such claim: ${claim}`);
    const how = quick ? ['--quick'] : [`--jobs=${processes}`, `--out=${workspace.reproductions}`];
    return { words: ['reproduce', claim, ...how], title: `reproduce ${claim}`, claim };
  }
  const { method } = job;
  if (!methods.includes(method)) throw new Problem(404, `no such method: ${method}`);
  const set = Object.entries(job.parameters).map(([name, value]) => `${checkedName(name)}=${value}`);
  const taught = freeName(workspace.taught, method);
  const words = [
    'teach',
    method,
    `--data=${existingPath(workspace.root, job.data)}`,
    `--seed=${job.seed}`,
    `--out=${join(workspace.taught, taught)}`,
    ...(set.length > 0 ? ['--set', ...set] : []),
  ];
  return { words, title: `teach ${method}`, method, taught };
}

/** A name that nothing in the folder has: with a number where it is taken, since other data or settings need a folder of their own. */
function freeName(folder: string, name: string): string {
  for (let count = 1; ; count++) {
    const wanted = count === 1 ? name : `${name}-${count}`;
    if (!existsSync(join(folder, wanted))) return wanted;
  }
}

function distillation(settings: Settings, workspace: Workspace): Command {
  const checked = distillForm.strict().safeParse(settings);
  if (!checked.success) throw new Problem(400, z.prettifyError(checked.error));
  const { data, name, teacher, maxCost, apiKeyEnv } = checked.data;
  if (apiKeyEnv !== undefined) checkKeyName(apiKeyEnv);
  if (teacher.startsWith('llm:') && maxCost === undefined) {
    throw new Problem(400, 'a teacher that may cost something: say by maxCost how many dollars it may');
  }
  const inside = (path: string) => existingPath(workspace.root, path);
  const defaults: Readonly<Record<string, unknown>> = distillForm.parse({ data });
  const flags = Object.entries(settings).flatMap(([key, value]) => {
    if (key === 'data' || value === defaults[key]) return [];
    if (typeof value === 'boolean') return [value ? `--${kebab(key)}` : `--no-${kebab(key)}`];
    const given = pathSettings.includes(key) ? inside(String(value)) : modelOf(key, String(value), inside);
    return [`--${kebab(key)}=${given}`];
  });
  // There is nobody to be asked; other teachers cost nothing.
  const yes = teacher.startsWith('llm:') ? ['--yes'] : [];
  const words = ['distill', inside(data), ...flags, ...yes, `--out=${workspace.runs}`];
  return { words, title: `distill ${name ?? data}` };
}

/** Models of the form KIND:PATH, and files of models, by their absolute path. */
function modelOf(name: string, value: string, inside: (path: string) => string): string {
  if (name === 'student') return /[./\\]/.test(value) ? inside(value) : value;
  if (name !== 'teacher') return value;
  const [, kind = '', rest = ''] = /^(local:|onnx:|student:)?(.*)$/s.exec(value)!;
  const isPreset = kind === 'student:' && !/[./\\]/.test(rest);
  return kind === '' || isPreset ? value : kind + inside(rest);
}

/** A key is read from a variable that is for one, not from whatever the environment holds. */
function checkKeyName(name: string): void {
  if (!/^[A-Z][A-Z0-9_]*_(KEY|TOKEN)$/.test(name) || name.startsWith('TUTELAGE_STUDIO')) {
    throw new Problem(400, `not the name of a variable for a key: ${name}`, 'such as OPENAI_API_KEY');
  }
}

function checkedName(name: string): string {
  if (/^[A-Za-z]\w*$/.test(name)) return name;
  throw new Problem(400, `not the name of a parameter: ${name}`);
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
