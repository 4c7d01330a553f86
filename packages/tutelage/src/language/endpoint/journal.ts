import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../core/errors.js';
import { type Entry, emptyLedger, enter, entrySchema, type Ledger, recoveryEntries } from './ledger.js';
import { lockDirectory } from './lock.js';

/**
 * The append-only record of every call, `journal.jsonl`. It is the account, the cache and the queue at once: an
 * answer and its cost are one line, so that no crash can keep one and lose the other.
 */
export interface Journal {
  /** What the lines say; kept up to date by `append`. */
  readonly ledger: Ledger;
  /** Enters a line in the ledger at once, and resolves when it is on disk. */
  append(entry: Entry): Promise<void>;
  /** Waits for pending lines and lets go of the directory. */
  close(): Promise<void>;
}

/**
 * Opens a directory's journal, creating it if need be, and closes what a killed process left open.
 * @throws {UserError} if another process uses it, or a line other than a torn last one is damaged
 */
export async function openJournal(directory: string): Promise<Journal> {
  await mkdir(directory, { recursive: true });
  const unlock = await lockDirectory(directory);
  try {
    const path = join(directory, 'journal.jsonl');
    const file = await open(path, 'a+');
    try {
      const { ledger, length } = replay(await readFile(path), path);
      await file.truncate(length);
      await syncDirectory(directory);
      const journal = appender(file, ledger, unlock);
      await Promise.all(recoveryEntries(ledger).map(journal.append));
      return journal;
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** Reads a journal's bytes; `length` is where the next line goes, before a last line that was cut off. */
export function replay(bytes: Buffer, path: string): { ledger: Ledger; length: number } {
  const ledger = emptyLedger();
  const length = bytes.lastIndexOf(0x0a) + 1;
  const lines = bytes.subarray(0, length).toString('utf8').split('\n').slice(0, -1);
  for (const [index, line] of lines.entries()) {
    try {
      enter(ledger, entrySchema.parse(JSON.parse(line)));
    } catch (error) {
      throw new UserError(
        `damaged journal: ${path}, line ${index + 1}: ${error instanceof Error ? error.message : error}`,
        { hint: 'restore it from a copy; deleting it loses the answers and the record of what was spent' },
      );
    }
  }
  return { ledger, length };
}

/** Lines that come while a write is under way go to disk together in the next one: one sync for many callers. */
function appender(file: FileHandle, ledger: Ledger, unlock: () => Promise<void>): Journal {
  let waiting = '';
  let next: Promise<void> | undefined;
  let last: Promise<void> = Promise.resolve();

  async function write(previous: Promise<void>): Promise<void> {
    // After a failed write the file's end is unknown: every later one fails likewise, until it is opened anew.
    await previous;
    const lines = waiting;
    waiting = '';
    next = undefined;
    await file.appendFile(lines);
    await file.datasync();
  }

  return {
    ledger,
    append(entry) {
      enter(ledger, entry);
      waiting += `${JSON.stringify(entry)}\n`;
      if (!next) {
        next = write(last);
        last = next;
      }
      return next;
    },
    async close() {
      await last.catch(() => {});
      await file.close();
      await unlock();
    },
  };
}

/** Without it a crash of the machine could lose a new file's name; Windows can't open directories. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  await handle.sync().finally(() => handle.close());
}
