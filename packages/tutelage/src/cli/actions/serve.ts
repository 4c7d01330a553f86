import { studentApp } from '../../serve/app.js';
import { listen } from '../../serve/listen.js';
import { loadAnyStudent } from '../../students/load-any-student.js';
import type { ServeParameters } from '../commands/serve.js';
import type { Console } from '../console.js';
import { studentIn, threadsOf } from '../student-in.js';

/** `tutelage serve`: returns when it is told to stop. */
export async function serve(
  { student: path, host, port, precision, threads, ...limits }: ServeParameters,
  io: Console,
): Promise<void> {
  const student = await loadAnyStudent(studentIn(path), { precision, ...threadsOf({ threads }) });
  try {
    const server = await listen(studentApp(student, limits), host, port);
    const stopped = stopSignal();
    io.print(`listening on ${server.url}`);
    await stopped;
    io.say('shutting down');
    await server.close();
  } finally {
    await student.dispose();
  }
}

/** Resolves at the first Ctrl-C or SIGTERM; a second one ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      for (const signal of signals) process.on(signal, () => process.exit(1));
      resolve();
    };
    const signals = ['SIGINT', 'SIGTERM'] as const;
    for (const signal of signals) process.once(signal, stop);
  });
}
