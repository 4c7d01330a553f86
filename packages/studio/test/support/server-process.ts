import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type Started, startNode } from '../../../tutelage/test/cli/built.js';

const program = join(import.meta.dirname, '../../bin/tutelage-studio.js');

export interface ServerProcess {
  /** Without a slash at the end. */
  readonly address: string;
  /** Kills the server without a warning, and starts it again at the same address. */
  restart(): Promise<void>;
}

/** The studio as its command serves it, in a process of its own, for the tests of a file. */
export function serverProcess(folder: string): ServerProcess {
  const state = { address: '', restart };
  let server: Started;
  let port = 0;

  async function start(): Promise<void> {
    server = startNode([program, '--folder', folder, '--port', String(port)], folder);
    await Promise.race([
      server.says(/the studio is open/),
      server.ended.then(({ stderr }) => Promise.reject(new Error(`the studio ended: ${stderr}`))),
    ]);
  }
  async function restart(): Promise<void> {
    server.kill('SIGKILL');
    await server.ended;
    await start();
  }

  beforeAll(async () => {
    port = await freePort();
    state.address = `http://127.0.0.1:${port}`;
    await start();
  });
  afterAll(async () => {
    server.kill('SIGTERM');
    await server.ended;
  });
  return state;
}

function freePort(): Promise<number> {
  const socket = createServer();
  return new Promise((resolve) => {
    socket.listen(0, '127.0.0.1', () => {
      const { port } = socket.address() as AddressInfo;
      socket.close(() => resolve(port));
    });
  });
}
