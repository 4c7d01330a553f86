import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/runs/file-system.js';
import { acquireLock } from '../../src/runs/lock.js';
import { createRun, deleteRun, listRuns, openRun, resumeCommand, slug } from '../../src/runs/run.js';
import { readStatus, writeStatus } from '../../src/runs/status.js';
import { intercepted, systemError } from './faults.js';

const now = new Date('2026-11-22T23:59:59Z');
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'tutelage-runs-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('creating and opening a run', () => {
  it('names the folder by date, name and configuration, and never takes one twice', () => {
    const config = { rate: 0.1, layers: [{ b: 2, a: 1 }] };
    const first = createRun({ root, name: 'Distil MNIST, größer!', config, now });
    expect(first.id).toMatch(/^2026-11-22-distil-mnist-gro-er-[0-9a-f]{6}$/);
    const reordered = { layers: [{ a: 1, b: 2 }], rate: 0.1 };
    expect(createRun({ root, name: first.name, config: reordered, now }).id).toBe(`${first.id}-2`);
    const changed = createRun({ root, name: first.name, config: { ...config, rate: 0.2 }, now });
    expect(changed.id.slice(-6)).not.toBe(first.id.slice(-6));
  });

  it('opens what it created, in a root that was not there', () => {
    const run = createRun({ root: join(root, 'a', 'b'), name: 'x', config: { rate: 1 }, now });
    expect(openRun(run.path)).toEqual(run);
    expect(readStatus(nodeFileSystem, run.path)).toMatchObject({ name: 'x', state: 'created', step: 0 });
  });

  it('says what is wrong with a path or a configuration', () => {
    expect(() => openRun(join(root, 'none'))).toThrow(`not a run: ${join(root, 'none')}`);
    const { path } = createRun({ root, name: 'x', config: {}, now });
    writeFileSync(join(path, 'config.json'), '{"name":');
    expect(() => openRun(path)).toThrow(`damaged configuration: ${join(path, 'config.json')}`);
    expect(() => createRun({ root, name: 'x', config: { rate: Number.NaN } })).toThrow('config.rate: NaN');
    const file = join(root, 'file');
    writeFileSync(file, '');
    expect(() => openRun(join(file, 'x'))).toThrow(
      /could not open the run: a part of the path is not a folder: /,
    );
    expect(() => createRun({ root: file, name: 'x', config: {} })).toThrow(
      /could not create the run: .*: .*file/,
    );
  });

  it.each([
    ['', 'run'],
    ['../../etc/passwd', 'etc-passwd'],
    ['漢字', 'run'],
    ['Ünïcode  Name', 'unicode-name'],
    [`${'x'.repeat(47)} y`, 'x'.repeat(47)],
  ])('makes %j a part of a folder name', (name, expected) => {
    expect(slug(name)).toBe(expected);
  });

  it('quotes the command that resumes', () => {
    expect(resumeCommand('runs/a')).toBe('tutelage resume runs/a');
    expect(resumeCommand("my run's")).toBe(`tutelage resume 'my run'\\''s'`);
  });
});

describe('listing runs', () => {
  it('shows the latest first, tells killed ones from living ones, and leaves out what is no run', () => {
    const names = ['a', 'b', 'c'];
    const runs = names.map((name, hour) =>
      createRun({ root, name, config: {}, now: new Date(`2026-01-01T0${hour}:00:00Z`) }),
    );
    mkdirSync(join(root, 'other'));
    mkdirSync(join(root, 'broken'));
    writeFileSync(join(root, 'broken', 'status.json'), '{');
    writeFileSync(join(root, 'file'), '');
    for (const { path, name, created } of runs.slice(1)) {
      const status = {
        name,
        state: 'running',
        step: 5,
        total: 10,
        started: created,
        updated: created,
      } as const;
      writeStatus(nodeFileSystem, path, status);
    }
    acquireLock(nodeFileSystem, runs[2]!.path);
    expect(listRuns(root).map(({ name, state, step }) => [name, state, step])).toEqual([
      ['c', 'running', 5],
      ['b', 'paused', 5],
      ['a', 'created', 0],
    ]);
    expect(listRuns(join(root, 'none'))).toEqual([]);
    const vanishing = intercepted(nodeFileSystem, (count, call) => {
      if (call === 'list' && count > 2) throw systemError('ENOENT');
    });
    expect(listRuns(root, vanishing)).toHaveLength(3);
  });
});

describe('deleting a run', () => {
  it('deletes it and nothing else', () => {
    const run = createRun({ root, name: 'x', config: {}, now });
    const other = createRun({ root, name: 'y', config: {}, now });
    const outside = join(root, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'precious'), '');
    symlinkSync(outside, join(run.path, 'student'));
    deleteRun(root, run.id);
    expect(existsSync(run.path)).toBe(false);
    expect(existsSync(join(outside, 'precious'))).toBe(true);
    expect(listRuns(root).map(({ id }) => id)).toEqual([other.id]);
  });

  it('refuses what is not a run directly under the root', () => {
    const inner = join(root, 'inner');
    const { id, path } = createRun({ root, name: 'x', config: {}, now });
    mkdirSync(inner);
    symlinkSync(path, join(inner, 'link'));
    for (const wrong of [
      '',
      '.',
      '..',
      '/',
      `../${id}`,
      `${id}/`,
      `./${id}`,
      'link',
      `inner/../${id}`,
      'none',
    ]) {
      expect(() => deleteRun(inner, wrong), wrong).toThrow('not a run: ');
    }
    expect(() => deleteRun(root, 'inner')).toThrow('not a run: inner');
    expect(readFileSync(join(path, 'config.json'), 'utf8')).toContain('"x"');
  });

  it('refuses a run that a process holds', () => {
    const { id, path } = createRun({ root, name: 'x', config: {}, now });
    const lock = acquireLock(nodeFileSystem, path);
    expect(() => deleteRun(root, id)).toThrow(`this run is held by process ${process.pid}`);
    lock.release();
    deleteRun(root, id);
    expect(existsSync(path)).toBe(false);
  });
});
