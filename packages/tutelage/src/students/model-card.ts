import type { Shipped } from './ship.js';
import type { StudentDescription } from './student-folder.js';

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
  /** What to know before trusting the numbers. */
  readonly warnings: readonly string[];
}

/** The model card: Markdown with the front matter that the Hugging Face Hub reads (Mitchell et al. 2019). */
export function modelCard(
  card: CardFacts & { readonly description: StudentDescription; readonly shipped: Shipped },
): string {
  const { name, data, teacher, warnings, description } = card;
  const { input, preset, labels } = description;
  const source =
    teacher === undefined ? 'the labels of the data' : `${teacher}, and labels where there are any`;
  return `${frontMatter(card)}
# ${line(name)}

A ${preset} that sorts ${input === 'text' ? 'texts' : 'images'} into ${labels.length} classes. It learned from ${line(source)}.

## Intended use

For ${input === 'text' ? 'texts' : 'images'} like those that it was taught with, and the classes below. It has no class for anything
else: every input gets one of them, so watch the probabilities.

${labels.slice(0, shownLabels).map(line).join(', ')}${labels.length > shownLabels ? `, and ${labels.length - shownLabels} more in \`labels.txt\`` : ''}

## Data

\`${line(data.name)}\`: ${data.train} examples for training, ${data.validation} for validation, ${data.test} for the test. SHA-256 of the
usable rows: \`${data.hash}\`.

## Metrics

On the test data, looked at once, after training. The intervals cover the choice of test examples, not that of the seed.

| metric | value | 95 % interval |
|---|---|---|
${card.metrics.map(metricRow).join('\n')}

${forms(card.shipped)}

## Limits

${warnings.length === 0 ? 'No warnings came up while the data was read.' : warnings.map((warning) => `- ${line(warning)}`).join('\n')}

The student was not tested on other data than the above, nor for fairness between groups of people.

## How to use

\`example.mjs\` runs it in Node, \`example.html\` in a browser (serve the folder, for instance with \`npx serve\`). Without code:

    npx tutelage predict . ${input === 'text' ? '"a text to classify"' : 'picture.png'}
    npx tutelage serve .

\`model.onnx\` takes the features that \`${description.featurizer.kind}\` makes and gives \`probabilities\` and \`logits\`, with any ONNX
runtime; \`model.int8.onnx\` is its smaller form.
`;
}

const shownLabels = 100;

function frontMatter({ name, licence, metrics, data, description }: Parameters<typeof modelCard>[0]): string {
  const task = `${description.input}-classification`;
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

function forms({ float32, int8 }: Shipped): string {
  const row = (form: string, { bytes, accuracy }: Shipped['int8']): string =>
    `| ${form} | ${(bytes / 1e6).toFixed(2)} MB | ${accuracy === undefined ? '' : accuracy.toFixed(4)} |`;
  return [
    '| file | size | accuracy on validation |',
    '|---|---|---|',
    row('`model.onnx` (float32)', float32),
    row('`model.int8.onnx`', int8),
  ].join('\n');
}

/** Text from outside within a line of Markdown: it makes no new line, cell, code or tag. */
function line(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[|`<>*_[\]\\]/g, (sign) => `\\${sign}`);
}
