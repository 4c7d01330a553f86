import { randomBytes } from 'node:crypto';
import { listen } from 'tutelage/serve';
import { sendDue } from '../digests/digests.js';
import { studioApp } from './app.js';
import { pagesFolder } from './pages.js';
import { openStudio } from './studio.js';

export interface ServeOptions {
  /** The workspace. */
  readonly folder: string;
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Asked of everyone; one is made where the host is not the loopback. */
  readonly token?: string | undefined;
}

export interface ServedStudio {
  /** The address to open, with the token if there is one. */
  readonly address: string;
  /** Ends the server; jobs go on. */
  close(): Promise<void>;
}

const digestMilliseconds = 60_000;

/**
 * Opens a workspace and serves the studio.
 *
 * @throws {UserError} when the folder or the address can't be used
 */
export async function serveStudio({ folder, host, port, token: given }: ServeOptions): Promise<ServedStudio> {
  const token = given || (isLoopback(host) ? undefined : randomBytes(24).toString('base64url'));
  let url = '';
  const studio = openStudio({ folder, localUrl: () => url });
  const app = studioApp(studio, { web: pagesFolder, token });
  const { fetch } = app;
  // Streams of events end before the door is closed, the database after.
  const server = await listen({ fetch, close: async () => studio.endStreams() }, host, port).catch(
    async (error) => {
      await studio.close();
      throw error;
    },
  );
  ({ url } = server);
  const timer = setInterval(() => {
    sendDue(studio.digests).catch((error: unknown) => process.stderr.write(`digests: ${error}\n`));
  }, digestMilliseconds);
  return {
    address: token === undefined ? `${url}/` : `${url}/?token=${token}`,
    async close() {
      clearInterval(timer);
      await server.close();
      await studio.close();
    },
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
