// The studio at size: search over 100,000 generated papers, 1,000 runs of 10,000 points, and its pages in Chromium until they can be used.
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { studioApp } from '../packages/studio/dist/server/app.js';
import { serveStudio } from '../packages/studio/dist/server/serve.js';
import { openStudio } from '../packages/studio/dist/server/studio.js';
import { createRun, metricsFile } from '../packages/tutelage/dist/runs/index.js';
import { summarise } from './statistics.js';

const counts = { papers: 100_000, runs: 1000, points: 10_000 };
const executablePath = '/usr/bin/chromium';
const rounds = 200;
const chunk = 2000;

export async function benchmarkStudio() {
  const folder = mkdtempSync(join(tmpdir(), 'tutelage-bench-'));
  const studio = openStudio({ folder, localUrl: () => '' });
  const app = studioApp(studio, { web: folder, token: undefined });
  console.log(`${cpus()[0].model}, Node ${process.version}, load average ${loadavg()[0].toFixed(1)}`);
  try {
    await benchmarkSearch(studio, app);
    await benchmarkRuns(folder, app);
    await benchmarkPages(folder);
  } finally {
    await studio.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchmarkSearch(studio, app) {
  const draw = generator(1);
  const words = vocabulary(draw);
  const papers = Array.from({ length: counts.papers }, (_, i) => paper(words, draw, i));
  const start = performance.now();
  for (let i = 0; i < papers.length; i += chunk) {
    studio.papers.add(papers.slice(i, i + chunk), new Date('2026-01-01'));
  }
  const added = performance.now();
  await studio.papers.settled();
  console.log(
    `${counts.papers} papers added in ${seconds(added - start)}, meaning learned in ${seconds(performance.now() - added)}`,
  );

  const word = (rank) => words[rank].word;
  const queries = {
    'a rare word': () => word(5000 + draw(30_000)),
    'three words': () => [200 + draw(2000), 200 + draw(5000), 1000 + draw(20_000)].map(word).join(' '),
    'the commonest words': () => [draw(20), draw(20)].map(word).join(' '),
    'a title': () => papers[draw(papers.length)].title,
    'a sentence of an abstract': () => papers[draw(papers.length)].abstract.split('. ')[2],
    'a misspelt word': () => misspelt(word(500 + draw(3000)), draw),
    'the beginning of a word': () => word(300 + draw(3000)).slice(0, -2),
    'three words, of one year': () =>
      `${[200, 900, 4000].map((r) => word(r + draw(500))).join(' ')}&year=${2018 + draw(8)}`,
    'no words, trending': () => '&sort=trending',
    'no words, newest': () => '',
  };
  const all = [];
  for (const [name, query] of Object.entries(queries)) {
    const times = await timed(app, () => `/api/papers?limit=20&q=${query()}`);
    all.push(...times);
    report(name, times);
  }
  report('all queries', all);
  report('similar papers', await timed(app, () => `/api/papers/generated-${draw(100)}/similar`, 1));
}

async function benchmarkRuns(folder, app) {
  mkdirSync(join(folder, 'runs'));
  const ids = Array.from({ length: counts.runs }, (_, i) => {
    const run = createRun({
      root: join(folder, 'runs'),
      name: `run ${i}`,
      config: { settings: { seed: i, rate: 0.1 / (1 + (i % 7)) } },
    });
    const rows = Array.from({ length: counts.points }, (_, step) => row(step + 1, i));
    writeFileSync(metricsFile(run.path), rows.join(''));
    return run.id;
  });
  report('100 of the runs', await timed(app, () => '/api/runs', 20));
  report('all of the runs', await timed(app, () => '/api/runs?limit=1000', 20));
  report('runs by a word', await timed(app, () => '/api/runs?q=0.05', 20));
  report("a run's metrics, at first", await timed(app, (i) => `/api/runs/${ids[i]}/metrics`, 50));
  report("a run's metrics, again", await timed(app, () => `/api/runs/${ids[0]}/metrics`, 50));
  const twenty = (i) => ids.slice(100 + 20 * i, 120 + 20 * i).join(',');
  report('20 runs compared, at first', await timed(app, (i) => `/api/compare?runs=${twenty(i)}`, 10));
  report('20 runs compared, again', await timed(app, () => `/api/compare?runs=${twenty(0)}`, 10));
  const live = metricsFile(join(folder, 'runs', ids[0]));
  report(
    'metrics after one more row',
    await timed(
      app,
      (i) => {
        appendFileSync(live, row(counts.points + 1 + i, 0));
        return `/api/runs/${ids[0]}/metrics?points=500`;
      },
      20,
    ),
  );
}

/** Pages of the workspace, from a click on their address to what they are for: what is loaded is not known before. */
async function benchmarkPages(folder) {
  if (!existsSync(executablePath)) return console.log(`no ${executablePath}: pages left out`);
  const served = await serveStudio({ folder, host: '127.0.0.1', port: 0 });
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    for (const [path, wanted] of [
      ['/', 'article button'],
      ['/papers/2202.05531', '.method button'],
      ['/runs', 'tbody a'],
    ]) {
      const loads = [];
      for (let i = 0; i < 15; i++) loads.push(await loadPage(browser, new URL(path, served.address), wanted));
      const median = (name) => summarise(loads.map((load) => load[name])).median.toFixed(0);
      console.log(
        `page ${path}: usable after ${median('usable')} ms, ${median('cpu')} ms of the page's CPU in all, ${median('bytes')} bytes sent, not compressed`,
      );
    }
  } finally {
    await browser.close();
    await served.close();
  }
}

/** Milliseconds from the start of the navigation until an element is there, in a browser that has kept nothing. */
async function loadPage(browser, address, wanted) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.addInitScript((selector) => {
    const look = () => {
      if (document.querySelector(selector)) window.usable ??= performance.now();
      else requestAnimationFrame(look);
    };
    look();
  }, wanted);
  await page.goto(address.href);
  await page.locator(wanted).first().waitFor();
  await page.waitForLoadState('networkidle');
  const load = await page.evaluate(() => ({
    usable: window.usable,
    bytes: performance.getEntries().reduce((sum, { transferSize = 0 }) => sum + transferSize, 0),
  }));
  const { metrics } = await session.send('Performance.getMetrics');
  await context.close();
  return { ...load, cpu: 1000 * metrics.find(({ name }) => name === 'TaskDuration').value };
}

/** Wall and CPU milliseconds of requests. On a machine that others share, the CPU's are what the work takes. */
async function timed(app, path, times = rounds) {
  const found = [];
  for (let i = 0; i < times; i++) {
    const address = `http://127.0.0.1:7878${encodeURI(path(i))}`;
    const [start, before] = [performance.now(), process.cpuUsage()];
    const response = await app.request(address, { headers: { host: '127.0.0.1' } });
    await response.text();
    const { user, system } = process.cpuUsage(before);
    found.push({ wall: performance.now() - start, cpu: (user + system) / 1000 });
    if (!response.ok) throw new Error(`${response.status}: ${address}`);
  }
  return found;
}

function report(name, times) {
  const figures = ['wall', 'cpu'].map((kind) => {
    const values = times.map((time) => time[kind]).sort((a, b) => a - b);
    const slow = values[Math.floor(0.95 * values.length)];
    return `${kind} ${summarise(values).median.toFixed(1).padStart(6)} ms, 95 % below ${slow.toFixed(1).padStart(6)}`;
  });
  console.log(`${name.padEnd(28)} ${figures.join('; ')}`);
}

const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`;

/** Whole numbers below a limit, the same in every run. */
function generator(seed) {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

const syllables = 'ba ce di fo gu la me ni po ru sa te vi wo xu ka le mi no pu ra se ti do zu'.split(' ');
const endings = ['', 'ing', 's', 'ed', 'ation', 'al', 'er'];

/** Words as frequent as a language's are: the n-th has a share of 1/n (Zipf). */
function vocabulary(draw) {
  const seen = new Set();
  while (seen.size < 60_000) {
    const length = 2 + draw(3);
    const stem = Array.from({ length }, () => syllables[draw(syllables.length)]).join('');
    seen.add(stem + endings[draw(endings.length)]);
  }
  let total = 0;
  return [...seen].map((word, i) => {
    total += 1 / (i + 8);
    return { word, total };
  });
}

function drawWord(words, draw) {
  const at = (draw(1e9) / 1e9) * words.at(-1).total;
  let [low, high] = [0, words.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (words[middle].total < at) low = middle + 1;
    else high = middle;
  }
  return words[low].word;
}

function paper(words, draw, i) {
  const sentence = (length) => Array.from({ length }, () => drawWord(words, draw)).join(' ');
  const month = String(1 + draw(12)).padStart(2, '0');
  return {
    title: i < 100 ? `generated ${i}` : sentence(9),
    abstract: Array.from({ length: 8 }, () => sentence(18)).join('. '),
    authors: ['Ada Lovelace'],
    authorCount: 1 + draw(10),
    published: `${2018 + draw(8)}-${month}-01`,
    listed: `${2018 + draw(8)}-${month}-02`,
    upvotes: draw(100),
    links: [],
  };
}

/** A word with two neighbours swapped. */
function misspelt(word, draw) {
  const at = 1 + draw(word.length - 2);
  return word.slice(0, at) + word[at + 1] + word[at] + word.slice(at + 2);
}

function row(step, i) {
  const noise = ((step * 7919 + i) % 100) / 1000;
  return `${JSON.stringify({ step, loss: Math.exp(-step / 3000) + noise, accuracy: 1 - Math.exp(-step / 2000), rate: 0.001 })}\n`;
}
