import { messagesOnly, type Progress, terminalProgress } from '../runs/progress.js';

/** Where a command writes: results to stdout, everything else to stderr. */
export interface Console {
  /** A line of the result. */
  print(line: string): void;
  /** A line for the person who waits. */
  say(line: string): void;
  /** Progress bars, or messages alone where the output is for a machine. */
  progress(json: boolean): Progress;
  /** Asks yes or no; undefined where nobody can answer. */
  confirm(question: string): Promise<boolean | undefined>;
}

export const terminal: Console = {
  print: (line) => void process.stdout.write(`${line}\n`),
  say: (line) => void process.stderr.write(`${line}\n`),
  progress: (json) => (json ? messagesOnly() : terminalProgress()),
  async confirm(question) {
    if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
    const { createInterface } = await import('node:readline/promises');
    const reader = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return /^y(es)?$/i.test((await reader.question(`${question} [y/N] `)).trim());
    } finally {
      reader.close();
    }
  },
};
