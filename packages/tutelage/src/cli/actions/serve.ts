import { studentApp } from '../../serve/app.js';
import { listen } from '../../serve/listen.js';
import { loadStudent } from '../../students/load-student.js';
import type { ServeParameters } from '../commands/serve.js';
import type { Console } from '../console.js';
import { stopSignal } from '../stop-signal.js';
import { studentIn, threadsOf } from '../student-in.js';

/** `tutelage serve`: returns when it is told to stop. */
export async function serve(
  { student: path, host, port, precision, threads, ...limits }: ServeParameters,
  io: Console,
): Promise<void> {
  const student = await loadStudent(studentIn(path), { precision, ...threadsOf({ threads }) });
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
