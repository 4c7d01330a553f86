import { cardWords, line } from './card-words.js';
import type { StudentDescription } from './student-folder.js';
import type { Form, Shipped } from './write-student.js';

/** A measured number with the ends of its 95 % confidence interval. */
export interface CardMetric {
  readonly name: string;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

/** What a model card says beyond the student itself. */
export interface CardFacts {
  readonly name: string;
  /** SPDX identifier, where the user has stated one. */
  readonly licence?: string;
  readonly data: {
    readonly name: string;
    readonly hash: string;
    readonly train: number;
    readonly validation: number;
    readonly test: number;
  };
  /** Who taught it, in a few words; undefined for labels alone. */
  readonly teacher?: string;
  /** On the test data. */
  readonly metrics: readonly CardMetric[];
  /** What something that needs no teaching reaches there, to be shown beside it; none is the student's own. */
  readonly baseline?: readonly CardMetric[];
  /** What to know before trusting the numbers. */
  readonly warnings: readonly string[];
}

/** The model card: Markdown with the front matter that the Hugging Face Hub reads (Mitchell et al. 2019). */
export function modelCard(
  card: CardFacts & { readonly description: StudentDescription; readonly shipped: Shipped },
): string {
  const { name, data, teacher, warnings, description } = card;
  const words = cardWords(description);
  const source = teacher === undefined ? words.source : `${teacher}, and labels where there are any`;
  return `${frontMatter(card)}
# ${line(name)}

A ${words.purpose}. It learned from ${line(source)}.

## Intended use

${words.use}

## Data

\`${line(data.name)}\`: ${data.train} ${words.unit} for training, ${data.validation} for validation, ${data.test} for the test. SHA-256 of the
usable rows: \`${data.hash}\`.

## Metrics

On the test data, looked at once, after training. The intervals cover the choice of test examples, not that of the seed.

| metric | value | 95 % interval |
|---|---|---|
${[...card.metrics, ...(card.baseline ?? [])].map(metricRow).join('\n')}

${forms(card.shipped)}

## Limits

${warnings.length === 0 ? 'No warnings came up while the data was read.' : warnings.map((warning) => `- ${line(warning)}`).join('\n')}

The student was not tested on other data than the above, nor for fairness between groups of people.

## How to use

${words.examples} Without code:

    npx tutelage predict . ${words.input}
    npx tutelage serve .

${words.ports}
`;
}

function frontMatter({ name, licence, metrics, data, description }: Parameters<typeof modelCard>[0]): string {
  const { task } = cardWords(description);
  const quoted = (text: string): string => JSON.stringify(text);
  const results = metrics.map(
    ({ name: type, value }) => `          - type: ${quoted(type)}\n            value: ${value}`,
  );
  return [
    '---',
    ...(licence === undefined ? [] : [`license: ${quoted(licence)}`]),
    'library_name: tutelage',
    `pipeline_tag: ${task}`,
    'tags: [onnx, tutelage]',
    'model-index:',
    `  - name: ${quoted(name)}`,
    '    results:',
    `      - task: { type: ${task} }`,
    `        dataset: { name: ${quoted(data.name)}, type: ${quoted(data.name)} }`,
    ...(results.length === 0 ? ['        metrics: []'] : ['        metrics:', ...results]),
    '---',
  ].join('\n');
}

function metricRow({ name, value, low, high }: CardMetric): string {
  const interval = low === undefined || high === undefined ? '' : `${low.toFixed(4)} to ${high.toFixed(4)}`;
  return `| ${name} | ${value.toFixed(4)} | ${interval} |`;
}

function forms({ measure, float32, int8 }: Shipped): string {
  const row = (form: string, { bytes, score }: Form): string =>
    `| ${form} | ${(bytes / 1e6).toFixed(2)} MB | ${score === undefined ? '' : score.toFixed(4)} |`;
  return [
    `| file | size | ${measure} on validation |`,
    '|---|---|---|',
    row('`model.onnx` (float32)', float32),
    row('`model.int8.onnx`', int8),
  ].join('\n');
}
