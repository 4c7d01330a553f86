import { didYouMean } from '../core/near-names.js';
import type { CliCommand } from './command.js';
import { describeError, usageError } from './errors.js';

interface Entry {
  readonly summary: string;
  /** The command's module, which may bring much with it: loaded when the command is used. */
  load(): Promise<{ readonly command: unknown }>;
}

const commands: Readonly<Record<string, Entry>> = {
  distill: {
    summary: 'teach a small model on your data and ship it',
    load: () => import('./commands/distill.js'),
  },
  resume: {
    summary: 'go on with a run that was interrupted',
    load: () => import('./commands/resume.js'),
  },
  predict: {
    summary: 'ask a student: for labels, vectors, documents or the rest of a text',
    load: () => import('./commands/predict.js'),
  },
  serve: { summary: 'answer over HTTP', load: () => import('./commands/serve.js') },
  eval: { summary: 'measure a student on data', load: () => import('./commands/eval.js') },
  runs: { summary: 'list the runs', load: () => import('./commands/runs.js') },
  compare: { summary: 'set runs side by side', load: () => import('./commands/compare.js') },
  report: { summary: "show a run's report, and write it anew", load: () => import('./commands/report.js') },
  methods: { summary: 'list the methods of papers', load: () => import('./commands/methods.js') },
  show: { summary: 'tell what a method needs and claims', load: () => import('./commands/show.js') },
  teach: {
    summary: "apply a paper's method to your own data",
    load: () => import('./commands/teach.js'),
  },
  tune: {
    summary: 'fine-tune, align or reinforce a language model on your data',
    load: () => import('./commands/tune.js'),
  },
  reproduce: {
    summary: "run a paper's claim and judge it",
    load: () => import('./commands/reproduce.js'),
  },
  studio: {
    summary: 'open the studio in a browser: papers, runs, students',
    load: () => import('./commands/studio.js'),
  },
  export: {
    summary: "write a run's student in another format",
    load: () => import('./commands/export.js'),
  },
};

/** Runs a command line, and ends the process by `process.exitCode`. */
export async function main(words: readonly string[]): Promise<void> {
  // A reader that has seen enough, as `head`, closes the pipe: that is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  try {
    await dispatch(words);
  } catch (error) {
    const { text, exitCode } = describeError(error, process.env.TUTELAGE_DEBUG === '1');
    process.stderr.write(`${text}\n`);
    process.exitCode = exitCode;
  }
}

async function dispatch([first, ...rest]: readonly string[]): Promise<void> {
  const print = (text: string): void => void process.stdout.write(text);
  if (first === undefined || first === '-h' || first === '--help') return print(`${overview()}\n`);
  if (first === '-V' || first === '--version') {
    const { version } = await import('../students/version.js');
    return print(`${version}\n`);
  }
  if (first === 'help' && rest.length > 0) return dispatch([rest[0]!, '--help']);
  if (first === 'help') return print(`${overview()}\n`);
  const entry = Object.hasOwn(commands, first) ? commands[first] : undefined;
  if (!entry) {
    const kind = first.startsWith('-') ? 'option' : 'command';
    const near = didYouMean(first, Object.keys(commands));
    throw usageError(`unknown ${kind}: ${first}`, near ?? 'see: tutelage --help');
  }
  const [{ command }, { parseFlags }, { terminal }] = await Promise.all([
    entry.load() as Promise<{ readonly command: CliCommand }>,
    import('./flags.js'),
    import('./console.js'),
  ]);
  const params = parseFlags(command, rest, print);
  if (params !== undefined) await command.run(params, terminal);
}

function overview(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  return [
    'Usage: tutelage <command> [options]',
    '',
    'Teaches small models with the help of big ones.',
    '',
    'Commands:',
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Options:',
    '  -h, --help     show this help; tutelage <command> --help tells more',
    '  -V, --version  show the version',
  ].join('\n');
}
