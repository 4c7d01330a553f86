import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { acquireLock, type LockTaker, lastOwner, lockOwner } from '../../src/runs/lock.js';
import { processStart } from '../../src/runs/processes.js';
import { intercepted, systemError } from './faults.js';
import { memoryFileSystem, put } from './memory-file-system.js';

const process1: LockTaker = {
  pid: 1001,
  host: 'here',
  startOf: (pid) => (pid < 2000 ? `boot:${pid}` : undefined),
};
const process2: LockTaker = { ...process1, pid: 1002 };

describe('the lock of a run', () => {
  it('is held by one process until that releases it', () => {
    const { fs } = memoryFileSystem();
    expect(lockOwner(fs, '/', process1)).toBeUndefined();
    const lock = acquireLock(fs, '/', process1);
    expect(lockOwner(fs, '/', process2)).toMatchObject({ pid: 1001, host: 'here' });
    expect(() => acquireLock(fs, '/', process2)).toThrow(
      /^this run is held by process 1001 on here since \d{4}-/,
    );
    expect(() => acquireLock(fs, '/', process1)).toThrow(/held by process 1001/);
    lock.release();
    expect(lockOwner(fs, '/', process2)).toBeUndefined();
    acquireLock(fs, '/', process2).release();
    acquireLock(fs, '/', process1);
    expect(fs.list('/')).toHaveLength(1);
  });

  it('tells who held it last, also when nobody does', () => {
    const { fs } = memoryFileSystem();
    expect(lastOwner(fs, '/')).toBeUndefined();
    acquireLock(fs, '/', process1).release();
    expect(lastOwner(fs, '/')).toMatchObject({ pid: 1001, started: 'boot:1001' });
    acquireLock(fs, '/', process2);
    expect(lastOwner(fs, '/')?.pid).toBe(1002);
  });

  it('is taken over from a process that is dead', () => {
    const { fs } = memoryFileSystem();
    acquireLock(fs, '/', { ...process1, pid: 2001 });
    expect(lockOwner(fs, '/', process1)).toBeUndefined();
    acquireLock(fs, '/', process1);
    expect(lockOwner(fs, '/', process2)?.pid).toBe(1001);
  });

  it('is taken over from a process whose number has gone to a younger one', () => {
    const { fs } = memoryFileSystem();
    acquireLock(fs, '/', process1);
    const later: LockTaker = { ...process2, startOf: () => 'boot:later' };
    acquireLock(fs, '/', later);
    expect(lockOwner(fs, '/', later)?.pid).toBe(1002);
  });

  it('is respected where start times are not known', () => {
    const { fs } = memoryFileSystem();
    acquireLock(fs, '/', { ...process1, startOf: () => 'unknown' });
    expect(() => acquireLock(fs, '/', process2)).toThrow('held by process 1001');
  });

  it('of another machine is respected, with a word on how to remove it', () => {
    const { fs } = memoryFileSystem();
    acquireLock(fs, '/', { ...process1, pid: 2001, host: 'elsewhere' });
    expect(() => acquireLock(fs, '/', process2)).toThrow(
      expect.objectContaining({ hint: 'if that process has ended, delete /lock-1.json and try again' }),
    );
  });

  it('that cannot be read is not taken for a stale one', () => {
    const { fs } = memoryFileSystem();
    acquireLock(fs, '/', process1);
    const forbidden = intercepted(fs, (_count, call) => {
      if (call === 'read') throw systemError('EACCES');
    });
    expect(() => acquireLock(forbidden, '/', process2)).toThrow(
      'could not lock the run: permission denied: /',
    );
  });

  it('that a crash left without content is taken over', () => {
    const { fs } = memoryFileSystem();
    put(fs, '/lock-4.json', '');
    acquireLock(fs, '/', process1);
    expect(fs.list('/')).toEqual(['lock-5.json']);
  });

  it('is not given to a process that was overtaken while it looked', () => {
    const { fs } = memoryFileSystem();
    put(fs, '/lock-7.json', JSON.stringify({ pid: 2001, started: 'x', host: 'here', since: '' }));
    // The slow process has seen number 7; before it creates number 8, others have come to 9, or been and gone with 8.
    for (const overtaking of ['lock-9.json', 'lock-8.free', 'lock-8.json']) {
      const slow = {
        ...fs,
        open(path: string, mode: 'exclusive') {
          put(
            fs,
            `/${overtaking}`,
            JSON.stringify({ pid: 1001, started: 'boot:1001', host: 'here', since: '' }),
          );
          return fs.open(path, mode);
        },
      };
      expect(() => acquireLock(slow, '/', process2)).toThrow('another process has just started this run');
      expect(fs.list('/').sort()).toEqual(['lock-7.json', overtaking]);
      fs.remove(`/${overtaking}`);
    }
  });
});

describe('the start of a process', () => {
  it('is the same whenever asked, differs between processes, and is undefined after the end', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const pid = child.pid!;
    const start = processStart(pid);
    expect(start).toBeDefined();
    expect(processStart(pid)).toBe(start);
    expect(processStart(process.pid)).not.toBe(start);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
    expect(processStart(pid)).toBeUndefined();
  });
});
