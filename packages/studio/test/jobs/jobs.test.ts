import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Job, jobSchema, type RunPage, runSchema, studentsSchema } from '../../src/api/index.js';
import { claimOf } from '../../src/methods/methods.js';
import { openStudio } from '../../src/server/studio.js';
import { buildStudio, jobProgram, until } from '../support/built.js';
import { testStudio } from '../support/studio.js';

buildStudio();

const colours = ['red', 'green', 'blue'];
const table = [
  'text,label',
  ...Array.from({ length: 120 }, (_, i) => `a ${colours[i % 3]} thing ${i},${colours[i % 3]}`),
].join('\n');

const order = { kind: 'reproduce', claim: 'cyclical-curriculum' };
/** Does not end by itself. */
const slowProgram = join(import.meta.dirname, '../support/slow-job.js');

async function started(ask: ReturnType<typeof testStudio>['ask'], wanted: unknown): Promise<Job> {
  const answer = await ask('POST', '/api/jobs', wanted);
  expect(answer).toMatchObject({ status: 201 });
  return jobSchema.parse(answer.json);
}

const pidOf = (folder: string, { id }: Job): number =>
  JSON.parse(readFileSync(join(folder, '.studio', 'jobs', id, 'process.json'), 'utf8')).pid;

test('a distillation from upload to student', async () => {
  const { ask, studio } = testStudio({ program: jobProgram });
  const octets = { 'content-type': 'application/octet-stream' };
  await ask('PUT', '/api/uploads/colours.csv', new TextEncoder().encode(table), octets);
  const settings = { data: 'uploads/colours.csv', epochs: 300 };
  const first = await started(ask, { kind: 'distill', settings });
  // It is interrupted as soon as it trains, and goes on in the same run.
  await until(() => (studio.jobs.job(first.id).progress?.done ?? 0) > 0);
  await ask('POST', `/api/runs/${studio.jobs.job(first.id).run}/pause`);
  await until(() => studio.jobs.job(first.id).state !== 'running');
  const { run: paused, state } = studio.jobs.job(first.id);
  expect(state).toBe('paused');
  expect(studio.runs.summary(paused!).state).toBe('paused');
  const { id } = jobSchema.parse((await ask('POST', `/api/jobs/${first.id}/resume`)).json);
  await until(() => studio.jobs.job(id).state !== 'running');
  const job = jobSchema.parse((await ask('GET', `/api/jobs/${id}`)).json);
  expect(job).toMatchObject({ state: 'finished', exitCode: 0, run: paused });
  const run = runSchema.parse((await ask('GET', `/api/runs/${job.run}`)).json);
  expect(run).toMatchObject({ state: 'finished', job: id, hasStudent: true, hasReport: true, parts: [] });
  expect(run.result!.value).toBeGreaterThan(0.5);
  expect(run.metrics).toContain('loss');
  expect((await ask('GET', `/api/runs/${job.run}/log`)).text).toContain('teaching');

  const { students } = studentsSchema.parse((await ask('GET', '/api/students')).json);
  expect(students).toHaveLength(1);
  expect(students[0]).toMatchObject({ id: job.run, input: 'text', labels: expect.arrayContaining(colours) });
  const files = `/api/students/${job.run}/files`;
  const model = await ask('GET', `${files}/model.onnx?download=1`);
  expect(model.headers.get('content-disposition')).toContain('attachment');
  expect(Number(model.headers.get('content-length'))).toBe(students[0]!.bytes);
  expect((await ask('GET', `${files}/student.json`)).json).toMatchObject({ format: 'tutelage-student' });
  expect((await ask('GET', `${files}/..%2f..%2fconfig.json`)).status).toBe(404);
  const report = await ask('GET', `/api/runs/${job.run}/report`);
  expect(report.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
  expect(report.text).toContain('<html');

  expect((await ask('DELETE', `/api/jobs/${id}`)).status).toBe(204);
  expect((await ask('DELETE', `/api/runs/${job.run}`)).status).toBe(204);
  expect(((await ask('GET', '/api/runs')).json as RunPage).total).toBe(0);
});

test('a job outlives its server, is found again, paused, resumed and stopped', async () => {
  const { ask, studio, folder } = testStudio({ program: slowProgram });
  const job = await started(ask, order);
  expect(job.progress).toBeUndefined();
  await studio.close();

  const again = openStudio({ folder, localUrl: () => '', program: slowProgram });
  const { jobs } = again;
  expect(jobs.job(job.id).state).toBe('running');
  await until(() => (jobs.job(job.id).progress?.done ?? 0) > 0);
  const { arms, seeds } = await claimOf(order.claim);
  expect(jobs.job(job.id).progress!.total).toBe(arms.length * seeds.length);
  expect(jobs.job(job.id).secondsLeft).toBeGreaterThan(0);
  expect(() => jobs.remove(job.id)).toThrow('at work');
  expect(() => jobs.resume(job.id)).toThrow('at work');
  jobs.pause(job.id);
  await until(() => jobs.job(job.id).state !== 'running');
  expect(jobs.job(job.id)).toMatchObject({ state: 'paused', exitCode: 143 });
  const { done } = jobs.job(job.id).progress!;

  const resumed = jobs.resume(job.id);
  expect(resumed.id).not.toBe(job.id);
  await until(() => jobs.job(resumed.id).progress!.done > done);
  jobs.stop(resumed.id);
  await until(() => jobs.job(resumed.id).state !== 'running');
  expect(jobs.job(resumed.id).state).toBe('stopped');
  expect(() => jobs.pause(resumed.id)).toThrow('not at work');
  expect(jobs.list().map(({ id }) => id)).toEqual([resumed.id, job.id]);
  jobs.remove(job.id);
  expect(() => jobs.job(job.id)).toThrow('no such job');
  await again.close();
});

test('a job that was killed is lost, whoever has its number now', async () => {
  const { ask, studio, folder } = testStudio({ program: slowProgram });
  const job = await started(ask, order);
  process.kill(pidOf(folder, job), 'SIGKILL');
  await until(() => studio.jobs.job(job.id).state !== 'running');
  expect(studio.jobs.job(job.id).state).toBe('lost');
  // This process has got the number.
  const file = join(folder, '.studio', 'jobs', job.id, 'process.json');
  writeFileSync(file, JSON.stringify({ pid: process.pid, started: 'at another time' }));
  expect(studio.jobs.job(job.id).state).toBe('lost');
  expect(() => studio.jobs.stop(job.id)).toThrow('not at work');
});

test('a job that fails says why', async () => {
  const { ask, studio, write } = testStudio({ program: jobProgram });
  write('uploads/empty.csv', 'text,label\n');
  const { id } = await started(ask, { kind: 'distill', settings: { data: 'uploads/empty.csv' } });
  await until(() => studio.jobs.job(id).state !== 'running');
  expect(studio.jobs.job(id)).toMatchObject({ state: 'failed', exitCode: 1 });
  const { text } = studio.jobs.log(id, 0);
  expect(text).not.toContain('    at ');
  expect(text.length).toBeGreaterThan(10);
});

test('the token of the server does not reach a job', async () => {
  process.env.TUTELAGE_STUDIO_TOKEN = 'very-secret-token';
  try {
    const { ask, studio } = testStudio({ program: slowProgram });
    const { id } = await started(ask, order);
    await until(() => studio.jobs.log(id, 0).text.includes('started'));
    expect(studio.jobs.log(id, 0).text).toContain('PATH');
    expect(studio.jobs.log(id, 0).text).not.toContain('very-secret-token');
    studio.jobs.stop(id);
    await until(() => studio.jobs.job(id).state !== 'running');
  } finally {
    delete process.env.TUTELAGE_STUDIO_TOKEN;
  }
});

test.each([
  ['an unknown method', { kind: 'reproduce', claim: 'nothing' }, 404],
  [
    'an unknown parameter',
    { kind: 'teach', method: 'cyclical-curriculum', data: 'x.json', parameters: { nothing: 1 } },
    400,
  ],
  ['data that are not there', { kind: 'teach', method: 'cyclical-curriculum', data: 'x.json' }, 404],
  ['a run that is not there', { kind: 'resume', run: 'nothing' }, 404],
])('%s starts nothing', async (_, order, status) => {
  const { ask, studio } = testStudio({ program: jobProgram });
  expect((await ask('POST', '/api/jobs', order)).status).toBe(status);
  expect(studio.jobs.list()).toEqual([]);
});

test('an id of a job is no path', async () => {
  const { ask } = testStudio({ program: jobProgram });
  for (const id of ['..', '..%2f..%2fruns', '%2e%2e', 'absent']) {
    expect((await ask('GET', `/api/jobs/${id}/log`)).status).toBe(404);
    expect((await ask('DELETE', `/api/jobs/${id}`)).status).toBe(404);
  }
});
