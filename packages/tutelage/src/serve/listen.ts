import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { UserError } from '../core/errors.js';
import type { StudentApp } from './app.js';

export interface Listening {
  readonly url: string;
  /** Finishes what was begun, refuses what comes, and resolves when every connection is closed. */
  close(): Promise<void>;
}

/**
 * Listens for requests.
 *
 * @param port 0 for any that is free
 * @throws {UserError} when the address can't be used
 */
export async function listen(app: StudentApp, host: string, port: number): Promise<Listening> {
  const server = serve({ fetch: app.fetch, hostname: host, port });
  await new Promise<void>((resolve, reject) => {
    server.once('listening', resolve);
    server.once('error', (error: NodeJS.ErrnoException) => reject(addressError(error, host, port)));
  });
  const { port: bound } = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http://${name}:${bound}`,
    async close() {
      // First what was taken, while new requests get 503; only then the door.
      await app.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ('closeIdleConnections' in server) server.closeIdleConnections();
      });
    },
  };
}

function addressError({ code, message }: NodeJS.ErrnoException, host: string, port: number): UserError {
  const problems: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program uses it',
    EACCES: 'permission denied',
    EADDRNOTAVAIL: 'this machine does not have this address',
    ENOTFOUND: 'unknown host',
  };
  return new UserError(`can't listen on ${host}:${port}: ${problems[code ?? ''] ?? message}`, {
    hint: 'choose another one by --port or --host',
  });
}
