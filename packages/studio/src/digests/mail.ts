import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { UserError } from 'tutelage';
import type { z } from 'zod';
import { mailSettingsSchema, type ShownMail } from '../api/index.js';
import type { Database } from '../store/database.js';
import { readSetting, writeSetting } from '../store/settings.js';

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html?: string;
  /** Where a POST ends the subscription (RFC 8058). */
  readonly unsubscribe?: string;
}

type Settings = z.output<typeof mailSettingsSchema>;

const key = 'mail';
const timeLimit = 20_000;

export function mailSettings(db: Database): Settings | undefined {
  return readSetting(db, key, mailSettingsSchema);
}

/** Sets the mail server; a password that is not given stays as it is, as long as the server does. */
export function setMail(db: Database, settings: Settings): void {
  const before = mailSettings(db);
  const isSame =
    before?.host === settings.host && before.port === settings.port && before.user === settings.user;
  const password = settings.password ?? (isSame ? before.password : undefined);
  writeSetting(db, key, { ...settings, password });
}

/** The settings without the password. */
export function shownMail(db: Database): ShownMail {
  const settings = mailSettings(db);
  if (!settings) return {};
  const { password, host, port, secure, user, from, publicUrl } = settings;
  return {
    settings: {
      host,
      port,
      secure,
      hasPassword: password !== undefined,
      from,
      ...(user !== undefined && { user }),
      ...(publicUrl !== undefined && { publicUrl }),
    },
  };
}

/**
 * Sends a mail, or writes it to a folder where no server is set.
 *
 * @throws {UserError} when the server does not take it
 */
export async function sendMail(db: Database, outbox: string, mail: Mail): Promise<'sent' | 'written'> {
  const settings = mailSettings(db);
  const message = { ...messageOf(mail), from: settings?.from ?? 'tutelage@localhost' };
  if (!settings) {
    const { message: bytes } = await createTransport({ streamTransport: true, buffer: true }).sendMail(
      message,
    );
    const name = `${new Date().toISOString().replaceAll(/\D/g, '')}-${randomBytes(3).toString('hex')}.eml`;
    writeFileSync(join(outbox, name), bytes as Buffer, { mode: 0o600 });
    return 'written';
  }
  const { host, port, secure, user, password } = settings;
  const transport = createTransport({
    host,
    port,
    secure,
    // A password goes over the network encrypted or not at all.
    requireTLS: !secure && password !== undefined && !isLoopback(host),
    ...(user !== undefined && { auth: { user, pass: password ?? '' } }),
    connectionTimeout: timeLimit,
    greetingTimeout: timeLimit,
    socketTimeout: timeLimit,
  });
  try {
    await transport.sendMail(message);
    return 'sent';
  } catch (cause) {
    throw new UserError(
      `the mail server does not take it: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        hint: 'check its host, port, user and password',
        cause,
      },
    );
  } finally {
    transport.close();
  }
}

function messageOf({ to, subject, text, html, unsubscribe }: Mail) {
  return {
    to,
    subject,
    text,
    ...(html !== undefined && { html }),
    ...(unsubscribe !== undefined && {
      headers: {
        'List-Unsubscribe': `<${unsubscribe}>`,
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      },
    }),
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}
