// The methods of papers and how their claims fared: a page, and the table of the README.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { decimal } from '../packages/tutelage/dist/assessment/wording.js';
import { claimId } from '../packages/tutelage/dist/claims/define-claim.js';
import { readReproduction } from '../packages/tutelage/dist/claims/reproduction.js';
import { loadMethod, methodIds } from '../packages/tutelage/dist/methods/index.js';
import { reproductionPlot } from '../packages/tutelage/dist/report/reproduction-plot.js';

const root = new URL('../', import.meta.url);

/** Every method with its claims, each with the record of its reproduction, where there is one. */
async function methods() {
  const files = await Promise.all(methodIds.map((id) => loadMethod(id)));
  return files.map((file) => ({
    ...file,
    claims: [file, ...(file.further ?? [])].map(({ claim, reading }) => {
      const path = fileURLToPath(new URL(`reproductions/${claimId(claim)}.json`, root));
      return { claim, reading, record: existsSync(path) ? readReproduction(path) : undefined };
    }),
  }));
}

const figure = (value) => decimal(value, 3);
const range = ({ low, high }) => `${figure(low)} to ${figure(high)}`;
const row = (cells) => `| ${cells.join(' | ')} |`;
const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

function armOf(record, id) {
  return record.arms.find((arm) => arm.id === id);
}

function indexRows({ method: { id, paper }, claims }, page) {
  return claims.map((one) => indexRow(id, paper, one, page));
}

function indexRow(id, paper, { claim, record }, page) {
  const ours = record
    ? `${record.metric.name}: ${figure(armOf(record, record.arm).mean)} against ${figure(armOf(record, record.against).mean)}`
    : 'not run yet';
  return [
    `[${paper.title}](${page}#${id})`,
    paper.year,
    claim.published,
    ours,
    record ? `${figure(record.lead.estimate)} (${range(record.lead)})` : '',
    record ? `**${record.verdict}**${partsHeld(record)}` : '',
    record ? record.cpuMinutes : '',
    `\`tutelage reproduce ${claimId(claim)}\``,
  ];
}

/** How many comparisons of a claim of several parts hold, where not all of them do. */
function partsHeld({ verdict, lead, smallestEffect, parts }) {
  if (!parts || verdict === 'holds') return '';
  const own = lead.low > 0 && lead.estimate >= smallestEffect;
  const held = Number(own) + parts.filter((part) => part.verdict === 'holds').length;
  return `: ${held} of its ${parts.length + 1} parts hold`;
}

const indexHead = [
  'paper',
  'year',
  "the paper's figure",
  'ours',
  'lead (95 %)',
  'verdict',
  'CPU minutes',
  'command',
];

/** The table between the markers of the README. */
export async function methodsTable() {
  return table(
    indexHead,
    (await methods()).flatMap((file) => indexRows(file, 'docs/methods.md')),
  );
}

/** The README with its table made anew. */
export async function readmePage(readme) {
  const markers = /(<!-- methods -->\n).*?(\n<!-- \/methods -->)/s;
  if (!markers.test(readme)) throw new Error('README.md: the markers of the methods are missing');
  const made = await methodsTable();
  return readme.replace(markers, (_, start, end) => start + made + end);
}

/** The plot of every record, by its path. */
export async function plots() {
  const recorded = (await methods()).flatMap(({ claims }) => claims.flatMap(({ record }) => record ?? []));
  return Object.fromEntries(
    recorded.map((record) => [`reproductions/${claimId(record)}.svg`, reproductionPlot(record)]),
  );
}

/** Which method runs which paper, for who must not load them all to know. */
export async function methodCards() {
  const lines = (await methods())
    .map(({ method: { id, paper } }) => ({ id, card: paper.card }))
    .sort((a, b) => a.card - b.card)
    .map(({ id, card }) => `  ${card}: '${id}',`);
  return `/** Made by \`npm run generate\`: the method of each paper that has one, by the number of its card. */
export const methodsByCard: Readonly<Record<number, string>> = {
${lines.join('\n')}
};
`;
}

export async function methodsPage() {
  const all = await methods();
  return `# Methods

Made by \`npm run generate\` from the methods and the records in \`reproductions/\`. A claim is stated before it is run: its arms, its
seeds, the smallest effect that counts, and what would be failing. Arms are paired by seed. The claim *holds* if the mean lead is at
least the smallest effect and its 95 % interval (Student's t over seeds) lies above 0; it *does not hold* if the interval rules the
smallest effect out; otherwise the seeds can't tell, and it is *inconclusive*. Where a part says that an arm is no worse than by some margin,
the interval must lie above that. A claim of several parts is as good as its weakest. The verdict is recorded as it falls.

A method is added by one file in a room of \`packages/tutelage/src/methods/\`, which states the method and its claim, a line in
\`methods/index.ts\`, a test, and \`npm run generate\`.

${table(
  indexHead,
  all.flatMap((file) => indexRows(file, '')),
)}

${all.map(section).join('\n')}`;
}

function section({ method, data, cost, claims }) {
  const { id, paper, teaches, params } = method;
  const arxiv = paper.arxiv ? `, [arXiv ${paper.arxiv}](https://arxiv.org/abs/${paper.arxiv})` : '';
  const defaults = params.parse({});
  const parameters = Object.entries(params.shape).map(([name, field]) => [
    `\`${name}\``,
    String(defaults[name]),
    field.description,
  ]);
  return `## ${id}

${paper.title}, ${paper.year}${arxiv}. Teaches ${teaches}.

- **On your data**: \`tutelage teach ${id} --data ...\`: ${data}.
- **Cost**: ${cost}.

${table(['parameter', 'paper', ''], parameters)}

${claims.map(claimSection).join('\n')}`;
}

function claimSection({ claim, reading, record }) {
  const id = claimId(claim);
  return `**Claim.** ${claim.statement} Metric: ${claim.metric.name}; smallest effect that counts: ${claim.smallestEffect};
${claim.seeds.length} seeds.${claim.parts ? ` And:\n\n${claim.parts.map(({ statement }) => `- ${statement}`).join('\n')}\n\n` : ' '}**Fails:** ${claim.fails} **The paper:** ${claim.published}.

${record ? outcome(record, id, reading) : `Not run yet: \`tutelage reproduce ${id}\`.\n`}`;
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

function partsTable(record) {
  const rows = record.parts.map(({ statement, figure: of, least, lead, verdict }) => [
    statement,
    (of ?? record.metric).name,
    least > 0 ? `at least ${least}` : `no worse than by ${-least}`,
    `${figure(lead.estimate)} (${range(lead)})`,
    verdict,
  ]);
  return table(['part', 'figure', 'wanted', 'lead (95 %)', 'verdict'], rows);
}

function outcome(record, id, reading) {
  const names = [...new Set(record.arms.flatMap(({ figures }) => Object.keys(figures ?? {})))];
  const arms = record.arms.map((arm) => [
    arm.id === record.arm ? `**${arm.title}**` : arm.title,
    figure(arm.mean),
    ...names.map((name) => (arm.figures?.[name] ? figure(mean(arm.figures[name])) : '')),
    arm.lead ? `${figure(arm.lead.estimate)} (${range(arm.lead)})` : '',
  ]);
  return `**Verdict: ${record.verdict}**, in ${record.cpuMinutes} CPU minutes. ${reading}

${table(['arm', 'mean', ...names, `lead over ${armOf(record, record.against).title} (95 %)`], arms)}
${record.parts ? `\n${partsTable(record)}\n` : ''}
![Lead of each arm, seed by seed](../reproductions/${id}.svg)
`;
}
