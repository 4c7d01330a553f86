import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Figures, judged, readReproduction } from '../../src/claims/reproduction.js';
import { claimNamed } from '../../src/cli/method-named.js';

const folder = new URL('../../../../reproductions/', import.meta.url);
const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];

test.skipIf(names.length === 0).each(names)('%s is what its claim gives from its figures', async (name) => {
  const record = readReproduction(new URL(name, folder).pathname);
  const id = name.replace(/\.json$/, '');
  const claim = await claimNamed(id);
  expect(record.seeds).toEqual(claim.seeds);
  expect(record.arms.map((arm) => [arm.id, arm.title])).toEqual(claim.arms.map((arm) => [arm.id, arm.title]));
  const { seeds, arms, cpuMinutes }: Figures = record;
  const anew = judged(claim, { seeds, arms, cpuMinutes });
  expect({ ...anew, version: record.version }).toEqual(record);
  for (const { mean, values } of arms) {
    expect(mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / values.length, 12);
  }
  const plot = readFileSync(new URL(`${id}.svg`, folder), 'utf8');
  expect(plot).toContain('xmlns="http://www.w3.org/2000/svg"');
  for (const { title } of arms.slice(1)) expect(plot).toContain(title);
});
