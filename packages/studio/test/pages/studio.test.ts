import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeTickets } from '../../../tutelage/test/cli/built.js';
import { sharedPath, testFolder } from '../../../tutelage/test/tasks/folder.js';
import { hasChromium, testBrowser } from '../support/browser.js';
import { buildStudio } from '../support/built.js';
import { writeCollection, writeStory } from '../support/collection.js';
import { faults, shifts, watchShifts } from '../support/looked-at.js';
import { mailServer } from '../support/mail-server.js';
import { buildPages } from '../support/pages.js';
import { writeBars } from '../support/pictures.js';
import { serverProcess } from '../support/server-process.js';

const listing = sharedPath('papers', 'seed-page.txt');
/** Milliseconds in which a reproduction of a CPU minute ends on the busiest machine. */
const waiting = 900_000;
const absent = listing ? '' : ' (skipped: ../shared/papers/seed-page.txt is absent)';

/** One reader's way through the studio: each test goes on where the one before ended. */
describe.skipIf(!hasChromium)('the studio in Chromium (skipped without /usr/bin/chromium)', () => {
  buildStudio();
  beforeAll(buildPages);
  const folder = testFolder().path;
  const testData = testFolder().path;
  const mail = mailServer();
  const server = serverProcess(folder);
  const tab = testBrowser();
  beforeAll(() => watchShifts(tab.page));

  const open = (path: string) => tab.page.goto(`${server.address}${path}`);
  const button = (name: string) => tab.page.getByRole('button', { name, exact: true });
  const hasState = (state: string) => tab.page.locator('main .badge', { hasText: state }).first().waitFor();

  test.skipIf(!listing)(`a saved listing page is imported, with all 47 papers${absent}`, async () => {
    await open('/');
    await tab.page.locator('article').first().waitFor();
    await tab.page.getByText('Add papers', { exact: true }).first().click();
    await tab.page.setInputFiles('input[type=file]', listing!);
    await button('Add papers').click();
    await tab.page.getByText('47 papers found').waitFor();
    const day = tab.page.getByRole('button', { name: /Dec 9, \d+ 47/ });
    await day.click();
    expect(await day.getAttribute('aria-pressed')).toBe('true');
    await tab.page.getByRole('status').getByText('47 papers clear', { exact: true }).waitFor();
  });

  test('a paper is found by misspelt words and filtered by its verdict, and the address keeps both', async () => {
    await open('/');
    await tab.page.getByRole('searchbox').fill('cyclical curiculum');
    await tab.page.getByText('Nothing has “curiculum”').waitFor();
    await tab.page.getByRole('combobox', { name: 'Verdict' }).selectOption('holds');
    expect(new URL(tab.page.url()).search).toBe('?q=cyclical+curiculum&verdict=holds');
    await tab.page.reload();
    const first = tab.page.locator('article').first();
    expect(await first.locator('h2').textContent()).toBe('Cyclical Curriculum Learning');
    expect(await first.textContent()).toContain('claim holds');
    await first.getByRole('button', { name: /Up-vote/ }).click();
    await first.getByRole('button', { name: 'Up-vote, 1 vote' }).waitFor();
  });

  test('a digest is subscribed to and comes by mail', async () => {
    await open('/digests');
    await tab.page.getByLabel('Server').fill('127.0.0.1');
    await tab.page.getByLabel('Port', { exact: true }).fill(String(mail.port));
    await tab.page.getByLabel('Sender').fill('studio@example.org');
    await button('Save mail server').click();
    await tab.page.getByText('Saved.').waitFor();
    await tab.page.getByLabel('E-mail').fill('reader@example.org');
    await tab.page.getByLabel('Family').selectOption('curricula');
    await button('Subscribe').click();
    await tab.page.getByText('gets a daily digest').waitFor();
    await button('Preview').click();
    await tab.page.frameLocator('iframe').getByText('Cyclical Curriculum Learning').waitFor();
    await button('Send now').click();
    await tab.page.getByText(/^Sent with \d+ papers/).waitFor();
    expect(mail.received).toMatchObject([{ to: ['reader@example.org'], from: 'studio@example.org' }]);
    expect(mail.received[0]!.text).toContain('List-Unsubscribe-Post');
  });

  test('a claim has a quick look, to its end', async () => {
    await open('/papers/2202.05531');
    await tab.page.getByText('recorded with the method').waitFor();
    await tab.page.getByRole('img', { name: /^Lead over/ }).waitFor();
    await open('/papers/1910.07224');
    await button('Quick look').click();
    await tab.page.locator('.job .badge', { hasText: 'finished' }).waitFor();
    expect(await tab.page.locator('.job pre').textContent()).toMatch(/quick|smoke|judged/i);
  });

  test('a claim is reproduced, and its progress is shown', async () => {
    await open('/papers/2502.02671');
    await button('Reproduce').click();
    await tab.page.locator('.job .badge', { hasText: 'running' }).waitFor();
    await tab.page.getByRole('progressbar', { name: 'Progress' }).waitFor();
    await tab.page.getByText(/^\d+ of 70/).waitFor();
  });

  test('a student is taught from a table that is uploaded, and its run shows curves', async () => {
    const table = join(folder, 'tickets.csv');
    writeTickets(table, 240);
    await open('/teach');
    await tab.page.getByLabel('or upload a file').setInputFiles(table);
    await tab.page.getByLabel('student', { exact: true }).fill('text-nano');
    await tab.page.getByLabel('epochs', { exact: true }).fill('6');
    await button('Teach').click();
    await tab.page.locator('.job .badge', { hasText: 'finished' }).waitFor();
    await tab.page.getByRole('link', { name: 'Open the run' }).click();
    await tab.page.getByText('of the test data right').waitFor();
    await tab.page.getByRole('heading', { name: 'loss' }).waitFor();
    await tab.page.locator('svg.plot').first().waitFor();
  });

  test('the student answers in the page', async () => {
    await tab.page.getByRole('link', { name: 'Student', exact: true }).click();
    await tab.page.getByLabel('Text').fill('my parcel and its tracking');
    await button('Ask the student').click();
    await tab.page.locator('.answers .best').waitFor();
    expect(await tab.page.locator('.answers .best .label').textContent()).toBe('shipping');
  });

  test('a folder of pictures is uploaded, and its student says what is on one', async () => {
    const { page } = tab;
    const bars = join(testData, 'bars');
    await writeBars(bars);
    await open('/teach');
    await page.getByLabel(/^or a folder/).setInputFiles(bars);
    await page.getByText('bars · 60 files').waitFor({ state: 'attached' });
    await page.getByLabel('student', { exact: true }).fill('image-nano');
    await page.getByLabel('epochs', { exact: true }).fill('12');
    await button('Teach').click();
    await page.locator('.job .badge', { hasText: 'finished' }).waitFor();
    await page.getByRole('link', { name: 'Open the run' }).click();
    await page.getByRole('link', { name: 'Student', exact: true }).click();
    await button('Open the student').click();
    await page.getByLabel(/^Drop a picture/).setInputFiles(join(bars, 'upright', '3.png'));
    await page.locator('.answers .best').waitFor();
    expect(await page.locator('.answers .best .label').textContent()).toBe('upright');
    await page.getByText('Draw', { exact: true }).click();
    const { x, y, width } = (await page.getByLabel('Draw here').boundingBox())!;
    await page.mouse.move(x + 0.2 * width, y + 0.5 * width);
    await page.mouse.down();
    await page.mouse.move(x + 0.8 * width, y + 0.5 * width, { steps: 5 });
    await page.mouse.up();
    await page.locator('.answers .best', { hasText: 'level' }).waitFor();
  });

  test('a retriever is taught from a folder of queries and documents, and ranks passages in the page', async () => {
    const { page } = tab;
    const collection = join(testData, 'collection');
    writeCollection(collection);
    await open('/teach');
    await page.getByLabel(/^or a folder/).setInputFiles(collection);
    await page.getByText('collection · 3 files').waitFor({ state: 'attached' });
    await page.getByLabel('student', { exact: true }).fill('retriever-small');
    await page.getByLabel('epochs', { exact: true }).fill('3');
    await button('Teach').click();
    await page.locator('.job .badge', { hasText: 'finished' }).waitFor();
    await page.getByRole('link', { name: 'Open the run' }).click();
    await page.getByText('nDCG@10 on the test data').waitFor();
    await page.getByRole('link', { name: 'Student', exact: true }).click();
    await page.getByLabel('Query').fill('where is my loan');
    await page.getByLabel('Passages').fill('all that we know of a card\nall that we know of a loan');
    await button('Search').click();
    await page.locator('.answers .best', { hasText: 'loan' }).waitFor();
    expect(await page.locator('.answers li').count()).toBe(2);
  });

  test('a language model is taught from a text, and goes on with a prompt in the page', async () => {
    const { page } = tab;
    const story = join(testData, 'story.txt');
    writeStory(story);
    await open('/teach');
    await page.getByLabel('or upload a file').setInputFiles(story);
    await page.getByText(/^story.txt ·/).waitFor({ state: 'attached' });
    await page.getByLabel('student', { exact: true }).fill('lm-small');
    await page.getByLabel('epochs', { exact: true }).fill('6');
    await button('Teach').click();
    await page.locator('.job .badge', { hasText: 'finished' }).waitFor();
    await page.getByRole('link', { name: 'Open the run' }).click();
    await page.getByRole('link', { name: 'Student', exact: true }).click();
    await page.getByLabel('Prompt').fill('The card was');
    await page.getByLabel('Most tokens').fill('12');
    await page.getByLabel('Temperature').fill('0');
    await button('Go on').click();
    await page.locator('.written[aria-busy=false]', { hasText: /The card was \S/ }).waitFor();
    expect(await page.locator('.written').textContent()).toMatch(/The card was .*(and|the|stood|by)/);
  });

  test("a method teaches with the reader's data: what came out, its table, and its student", async () => {
    const { page } = tab;
    await open('/papers/2202.05531');
    await page.getByRole('combobox', { name: 'Data' }).selectOption('uploads/tickets.csv');
    await page.getByText('Parameters', { exact: true }).click();
    for (const [name, value] of [
      ['passes', '4'],
      ['scoring passes', '2'],
      ['seeds', '1'],
      ['start', '0.5'],
    ] as const) {
      await page.getByLabel(name, { exact: true }).fill(value);
    }
    await button('Teach with my data').click();
    await page.getByRole('link', { name: 'See the result' }).click();
    await page.waitForURL('**/taught/cyclical-curriculum');
    await page.getByText(/plain: \d+\.\d\s% in the test/).waitFor();
    await page.getByText('Look at it: hardest.jsonl').click();
    await page.getByRole('columnheader', { name: 'loss' }).waitFor();
    await page.getByRole('link', { name: 'Students', exact: true }).click();
    await page.getByRole('heading', { name: "Taught by a paper's method" }).waitFor();
    await page.getByRole('heading', { level: 2 }).getByRole('link', { name: 'cyclical-curriculum' }).click();
    await page.getByLabel('Text').fill('an invoice and a refund');
    await button('Ask the student').click();
    await page.locator('.answers .best', { hasText: 'billing' }).waitFor();
  });

  test('a run goes on when the server is killed, is found again, paused, resumed, stopped and deleted', async () => {
    await open('/teach');
    await tab.page.getByRole('combobox', { name: 'Data' }).selectOption('uploads/tickets.csv');
    await tab.page.getByLabel('student', { exact: true }).fill('text-nano');
    await tab.page.getByLabel('epochs', { exact: true }).fill('100000');
    await tab.page.getByLabel('name', { exact: true }).fill('long');
    await button('Teach').click();
    const link = tab.page.getByRole('link', { name: 'Open the run' });
    await link.waitFor();
    const run = (await link.getAttribute('href'))!;
    await server.restart();
    await open('/runs');
    await tab.page.getByRole('link', { name: 'distill-long', exact: true }).click();
    await tab.page.waitForURL(`**${run}`);
    await hasState('running');
    await tab.page.locator('svg.plot').first().waitFor();
    await button('Pause').click();
    await hasState('paused');
    await button('Resume').click();
    await hasState('running');
    await button('Stop').click();
    await button('Delete').click();
    await tab.page.waitForURL('**/runs');
    expect(await tab.page.getByRole('link', { name: 'distill-long', exact: true }).count()).toBe(0);
  });

  test('the keyboard skips to the content; the other theme is chosen, and remembered', async () => {
    const { page } = tab;
    const colours = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    await page.emulateMedia({ colorScheme: 'light' });
    await open('/students');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Teach a student');
    const light = await colours();
    await button('Dark colours').click();
    expect(await colours()).not.toBe(light);
    await page.reload();
    await button('Light colours').click();
    expect(await colours()).toBe(light);
  });

  test.each([
    ['light', 1280],
    ['light', 380],
    ['dark', 380],
  ] as const)(
    'no page is wider than the window, moves while it fills, or breaks a rule of WCAG AA: %s, %i pixels',
    async (colorScheme, width) => {
      const { page } = tab;
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      const of = async (path: string, kind: 'runs' | 'students') => {
        const answer = await fetch(`${server.address}/api/${path}`);
        const all = (await answer.json()) as Record<typeof kind, { id: string }[]>;
        return all[kind].map(({ id }) => id);
      };
      const [latest, ...others] = await of('runs', 'runs');
      const students = await of('students', 'students');
      const pages = [
        '/',
        '/?q=curiculum',
        '/papers/2202.05531',
        '/runs',
        `/runs/${latest}`,
        `/compare?runs=${[latest, ...others].join(',')}`,
        '/teach',
        '/students',
        ...students.map((id) => `/students/${encodeURIComponent(id)}`),
        '/taught/cyclical-curriculum',
        '/digests',
      ];
      for (const path of pages) {
        await open(path);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await page.waitForLoadState('networkidle');
        const overhang = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        expect(overhang, path).toBeLessThanOrEqual(0);
        expect(await shifts(page), path).toEqual([]);
        expect(await faults(page), path).toEqual([]);
      }
    },
    waiting,
  );

  test('runs are filtered, set side by side, and deleted from their list', async () => {
    const { page } = tab;
    const rows = page.getByRole('region', { name: 'List of runs' }).locator('tbody tr');
    await page.setViewportSize({ width: 1280, height: 800 });
    await open('/runs');
    await rows.nth(3).waitFor();
    await page.getByLabel('Filter runs').fill('story');
    await page.getByRole('status').getByText('1 run', { exact: true }).waitFor();
    await rows.getByRole('checkbox').check();
    await page.getByLabel('Filter runs').fill('');
    await rows.nth(3).waitFor();
    await rows.filter({ hasText: 'bars' }).getByRole('checkbox').check();
    await button('Compare 2').click();
    await page.getByRole('rowheader', { name: 'bits per byte' }).waitFor();
    await page.getByRole('rowheader', { name: 'accuracy', exact: true }).waitFor();
    await page.getByText("their figures can't be compared").waitFor();
    await page.locator('svg.plot').first().waitFor();
    await page.goBack();
    await rows.filter({ hasText: 'collection' }).getByRole('checkbox').check();
    await button('Delete 1').click();
    await page.getByRole('status').getByText('3 runs', { exact: true }).waitFor();
    expect(await rows.filter({ hasText: 'collection' }).count()).toBe(0);
  });

  test(
    'the reproduction, which outlived the server, comes to its verdict, with its interval and its plot',
    async () => {
      const { page } = tab;
      await page.setViewportSize({ width: 1280, height: 800 });
      await open('/runs');
      // On a fast machine it has ended by now, and is among the older jobs.
      await page.getByRole('button', { name: /^all \d+ jobs$/ }).click();
      await page.getByRole('link', { name: 'reproduce teacher-hacking' }).click();
      await page.locator('.job .badge', { hasText: 'finished' }).waitFor({ timeout: waiting });
      await open('/papers/2502.02671');
      const claim = page.getByRole('region', { name: 'Claim teacher-hacking' });
      const own = claim.locator('.head', { hasText: 'run here' });
      await own.waitFor();
      const record = readFileSync(join(folder, 'reproductions', 'teacher-hacking.json'), 'utf8');
      const { verdict, lead, cpuMinutes } = JSON.parse(record);
      expect(cpuMinutes).toBeGreaterThan(0.1);
      expect(['holds', 'does not hold', 'inconclusive']).toContain(verdict);
      const shown = (await own.textContent())!;
      expect(shown).toContain(verdict);
      for (const end of [lead.estimate, lead.low, lead.high])
        expect(shown).toContain(Math.abs(end).toPrecision(3));
      await claim.getByRole('img', { name: /^Lead over/ }).waitFor();
      expect(await claim.locator('.head', { hasText: 'recorded with the method' }).count()).toBe(1);
    },
    waiting,
  );

  test('nothing went wrong in the page, and the policy forbade nothing', () => {
    // While the server is away, what asks it fails.
    expect(
      tab.problems.filter((problem) => !/ERR_CONNECTION_REFUSED|INCOMPLETE_CHUNKED/.test(problem)),
    ).toEqual([]);
  });
});
