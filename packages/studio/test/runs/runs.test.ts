import { appendFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { comparisonSchema, metricsSchema, runPageSchema, runSchema } from '../../src/api/index.js';
import { makeRun } from '../support/runs.js';
import { testStudio } from '../support/studio.js';

const { ask, app, folder } = testStudio();
const first = makeRun(folder, {
  name: 'first',
  config: { epochs: 3, data: 'a.csv' },
  report: { accuracy: 0.8, data: 'hash a' },
});
const second = makeRun(folder, {
  name: 'second',
  day: '2026-01-02',
  config: { epochs: 5, data: 'a.csv' },
  report: { accuracy: 0.9, data: 'hash b' },
  rows: 1000,
});
const third = makeRun(folder, { name: 'third', day: '2026-01-03', state: 'paused' });
writeFileSync(join(folder, 'runs', 'no-run.txt'), '');

const page = async (query: string) => {
  const { runs, total } = runPageSchema.parse((await ask('GET', `/api/runs?${query}`)).json);
  return { ids: runs.map(({ id }) => id), total, runs };
};

test('runs are listed, filtered and sorted', async () => {
  expect((await page('')).ids).toEqual([third, second, first]);
  expect((await page('sort=name')).ids).toEqual([first, second, third]);
  expect((await page('sort=result')).ids).toEqual([second, first, third]);
  expect((await page('state=paused')).ids).toEqual([third]);
  expect((await page('q=a.csv')).ids).toEqual([second, first]);
  expect((await page('q=SECOND')).ids).toEqual([second]);
  expect(await page('limit=1&offset=1')).toMatchObject({ ids: [second], total: 3 });
  expect((await page('')).runs[1]).toMatchObject({
    name: 'second',
    last: { loss: 0.001 },
    result: { name: 'accuracy', value: 0.9 },
    hasStudent: false,
    step: 1000,
  });
  expect((await ask('GET', '/api/runs?limit=0')).status).toBe(400);
});

test('a run tells its configuration and metrics', async () => {
  const run = runSchema.parse((await ask('GET', `/api/runs/${second}`)).json);
  expect(run).toMatchObject({ config: { epochs: 5 }, metrics: ['loss'], hasReport: true, parts: [] });
  const read = async (query: string) =>
    metricsSchema.parse((await ask('GET', `/api/runs/${second}/metrics?${query}`)).json);
  const { series, end } = await read('points=50');
  expect(series).toHaveLength(1);
  expect(series[0]).toMatchObject({ name: 'loss', count: 1000 });
  expect(series[0]!.steps.length).toBeLessThanOrEqual(50);
  expect(end).toBeGreaterThan(10_000);
  expect((await read('from=900')).series[0]!.count).toBe(101);
  expect((await read('names=other')).series).toEqual([]);
});

test('a part that a run lacks has no metrics', async () => {
  expect((await ask('GET', `/api/runs/${first}/metrics?part=alone`)).json).toEqual({ series: [], end: 0 });
  expect((await ask('GET', `/api/runs/${first}/metrics?part=../x`)).status).toBe(400);
});

test('runs are set side by side', async () => {
  const both = comparisonSchema.parse(
    (await ask('GET', `/api/compare?runs=${first},${second}&points=20`)).json,
  );
  expect(both.differences).toEqual([{ setting: 'epochs', values: [3, 5] }]);
  expect(both.sameData).toBe(false);
  expect(both.runs.map(({ bytes, figures }) => [bytes, figures[1]!.value])).toEqual([
    [1000, 0.8],
    [1000, 0.9],
  ]);
  expect(both.runs[1]!.series[0]!.steps.length).toBeLessThanOrEqual(20);
  expect((await ask('GET', `/api/compare?runs=${first}`)).status).toBe(400);
  expect((await ask('GET', `/api/compare?runs=${first},absent`)).status).toBe(404);
});

test('a report is shown where its scripts do not run', async () => {
  const { headers, text } = await ask('GET', `/api/runs/${first}/report`);
  expect(text).toContain('<script>');
  expect(headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
  expect((await ask('GET', `/api/runs/${third}/report`)).status).toBe(404);
});

test('nothing but runs of the workspace is read or deleted', async () => {
  symlinkSync('/etc', join(folder, 'runs', 'link'));
  for (const id of ['link', '..', '%2e%2e', '..%2fuploads', 'absent', '.studio', 'no-run.txt']) {
    for (const path of ['', '/metrics', '/report', '/log', '/events']) {
      expect([403, 404]).toContain((await ask('GET', `/api/runs/${id}${path}`)).status);
    }
    expect([403, 404]).toContain((await ask('DELETE', `/api/runs/${id}`)).status);
  }
  expect((await page('')).total).toBe(3);
});

test('a run that nobody trains can not be paused, and can be deleted', async () => {
  const id = makeRun(folder, { name: 'to delete' });
  expect((await ask('POST', `/api/runs/${id}/pause`)).status).toBe(409);
  expect((await ask('POST', `/api/runs/${id}/stop`)).status).toBe(409);
  expect((await ask('DELETE', `/api/runs/${id}`)).status).toBe(204);
  expect((await ask('GET', `/api/runs/${id}`)).status).toBe(404);
});

/** The events of a stream, one by one. */
async function* eventsOf(path: string, headers: Record<string, string> = {}) {
  const controller = new AbortController();
  const response = await app.request(`http://127.0.0.1:7878${path}`, {
    headers: { host: '127.0.0.1:7878', ...headers },
    signal: controller.signal,
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  try {
    for await (const part of response.body!) {
      text += new TextDecoder().decode(part);
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const fields = Object.fromEntries(
          text
            .slice(0, end)
            .split('\n')
            .map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
        );
        text = text.slice(end + 2);
        yield {
          event: fields.event!,
          id: fields.id,
          data: JSON.parse(fields.data!) as Record<string, unknown>,
        };
      }
    }
  } finally {
    controller.abort();
  }
}

test('metrics come as they are written, also after an interruption, and anew after a step back', async () => {
  const id = makeRun(folder, { name: 'live', rows: 3 });
  const file = join(folder, 'runs', id, 'metrics.jsonl');
  const { end } = metricsSchema.parse((await ask('GET', `/api/runs/${id}/metrics`)).json);
  const stream = eventsOf(`/api/runs/${id}/events?from=${end}`);
  const next = async () => (await stream.next()).value!;
  expect((await next()).event).toBe('run');
  // The second row is not complete yet.
  appendFileSync(file, '{"step":4,"loss":0.5}\n{"step":5');
  const metrics = await next();
  expect(metrics).toMatchObject({
    event: 'metrics',
    data: { series: [{ name: 'loss', steps: [4], values: [0.5] }] },
  });
  appendFileSync(file, ',"loss":0.25}\n');
  let later = await next();
  while (later.event === 'run') later = await next();
  expect(later.data).toMatchObject({ series: [{ steps: [5] }] });
  truncateSync(file, 0);
  let reset = await next();
  while (reset.event === 'run') reset = await next();
  expect(reset.event).toBe('reset');
  await stream.return(undefined);

  appendFileSync(file, '{"step":1,"loss":9}\n{"step":2,"loss":8}\n');
  const resumed = eventsOf(`/api/runs/${id}/events`, { 'last-event-id': '20' });
  expect((await resumed.next()).value).toMatchObject({
    event: 'metrics',
    data: { series: [{ steps: [2] }] },
  });
  await resumed.return(undefined);
});

test('the events of a run that is deleted end', async () => {
  const id = makeRun(folder, { name: 'doomed' });
  const stream = eventsOf(`/api/runs/${id}/events`);
  expect((await stream.next()).value).toMatchObject({ event: 'metrics' });
  expect((await stream.next()).value).toMatchObject({ event: 'run' });
  expect((await ask('DELETE', `/api/runs/${id}`)).status).toBe(204);
  expect((await stream.next()).done).toBe(true);
});
