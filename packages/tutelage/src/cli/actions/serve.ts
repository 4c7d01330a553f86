import { basename } from 'node:path';
import { openLocalModel } from '../../language/local-llm.js';
import { chatApp, type StudentApp, studentApp, suggestionApp } from '../../serve/app.js';
import { listen } from '../../serve/listen.js';
import { loadAnyStudent } from '../../students/load-any-student.js';
import { hasSuggestions, openSuggestions } from '../../students/suggestions.js';
import type { ServeParameters } from '../commands/serve.js';
import type { Console } from '../console.js';
import { stopSignal } from '../stop-signal.js';
import { isLanguageModel, studentIn, threadsOf } from '../student-in.js';

/** `tutelage serve`: returns when it is told to stop. */
export async function serve(
  { student: path, host, port, precision, threads, ...limits }: ServeParameters,
  io: Console,
): Promise<void> {
  if (isLanguageModel(path)) {
    const model = await openLocalModel(path, threadsOf({ threads }));
    return served(chatApp(model, basename(path), limits), host, port, io, () => model.release());
  }
  if (hasSuggestions(path)) {
    const suggestions = await openSuggestions(path, { precision, ...threadsOf({ threads }) });
    return served(suggestionApp(suggestions, limits), host, port, io, () => suggestions.dispose());
  }
  const student = await loadAnyStudent(studentIn(path), { precision, ...threadsOf({ threads }) });
  return served(studentApp(student, limits), host, port, io, () => student.dispose());
}

async function served(
  app: StudentApp,
  host: string,
  port: number,
  io: Console,
  dispose: () => Promise<void>,
): Promise<void> {
  try {
    const server = await listen(app, host, port);
    const stopped = stopSignal();
    io.print(`listening on ${server.url}`);
    await stopped;
    io.say('shutting down');
    await server.close();
  } finally {
    await dispose();
  }
}
