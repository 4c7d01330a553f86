import { mkdirSync } from 'node:fs';
import type { Taught } from '../../src/claims/method-file.js';
import type { MethodContext } from '../../src/core/method.js';
import { loadMethod, type MethodId } from '../../src/methods/index.js';

/** What `teach` does: reads data, runs the method in a folder, and collects what it says. */
export async function teach(
  id: MethodId,
  data: string,
  settings: Record<string, unknown>,
  folder: string,
  signal: AbortSignal = new AbortController().signal,
): Promise<{ readonly lines: readonly string[]; readonly said: readonly string[] }> {
  const { method, read } = await loadMethod(id);
  const said: string[] = [];
  const context: MethodContext = { seed: 1, folder, signal, say: (line) => said.push(line) };
  mkdirSync(folder, { recursive: true });
  const input = await read(data);
  const run = method.run as (input: unknown, settings: unknown, context: MethodContext) => Promise<Taught>;
  const { lines } = await run(input, method.params.parse(settings), context);
  return { lines: lines.map((line) => line.replaceAll('\u00a0', ' ')), said };
}
