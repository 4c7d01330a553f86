import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll } from 'vitest';

export interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly user: string | undefined;
  /** The message as it came. */
  readonly text: string;
}

export interface MailServer {
  readonly received: Received[];
  readonly port: number;
  /** Refuses the next messages with this answer, until it is undefined. */
  refuse: string | undefined;
}

/** A mail server for the tests of a file. It knows one user, `me` with the password `secret`. */
export function mailServer(): MailServer {
  const state = { received: [] as Received[], port: 0, refuse: undefined as string | undefined };
  const server = new SMTPServer({
    authOptional: true,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onAuth({ username, password }, _session, done) {
      if (username === 'me' && password === 'secret') done(null, { user: username });
      else done(new Error('wrong user or password'));
    },
    onData(stream, session, done) {
      let text = '';
      stream.on('data', (part: Buffer) => {
        text += part.toString();
      });
      stream.on('end', () => {
        if (state.refuse !== undefined) return done(new Error(state.refuse));
        const { mailFrom, rcptTo } = session.envelope;
        state.received.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          user: session.user === undefined ? undefined : String(session.user),
          text,
        });
        done();
      });
    },
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    state.port = (server.server.address() as AddressInfo).port;
  });
  afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return state;
}
