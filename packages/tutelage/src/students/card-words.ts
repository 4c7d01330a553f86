import type { DescriptionOf, StudentDescription } from './student-folder.js';

/** What a model card says of a kind of student. */
export interface CardWords {
  /** Task as the Hugging Face Hub names it. */
  readonly task: string;
  /** What it is and does, after "A". */
  readonly purpose: string;
  /** What it learned from if nobody else taught it. */
  readonly source: string;
  /** What the data are counted in. */
  readonly unit: string;
  /** Paragraphs on the intended use. */
  readonly use: string;
  /** On the examples in the folder. */
  readonly examples: string;
  /** An input on the command line. */
  readonly input: string;
  /** What the ONNX files take and give. */
  readonly ports: string;
}

export function cardWords(description: StudentDescription): CardWords {
  switch (description.kind) {
    case 'classifier':
      return classifierWords(description);
    case 'retriever':
      return retrieverWords(description);
    case 'language-model':
      return languageModelWords(description);
  }
}

const shownLabels = 100;
const bothExamples =
  '`example.mjs` runs it in Node, `example.html` in a browser (serve the folder, for instance with `npx serve`).';

function classifierWords({ input, preset, labels, featurizer }: DescriptionOf<'classifier'>): CardWords {
  const things = input === 'text' ? 'texts' : 'images';
  const more = labels.length - shownLabels;
  return {
    task: `${input}-classification`,
    purpose: `${preset} that sorts ${things} into ${labels.length} classes`,
    source: 'the labels of the data',
    unit: 'examples',
    use: `For ${things} like those that it was taught with, and the classes below. It has no class for anything
else: every input gets one of them, so watch the probabilities.

${labels.slice(0, shownLabels).map(line).join(', ')}${more > 0 ? `, and ${more} more in \`labels.txt\`` : ''}`,
    examples: bothExamples,
    input: input === 'text' ? '"a text to classify"' : 'picture.png',
    ports: `\`model.onnx\` takes the features that \`${featurizer.kind}\` makes and gives \`probabilities\` and \`logits\`, with any ONNX
runtime; \`model.int8.onnx\` is its smaller form.`,
  };
}

function retrieverWords({ preset, width, featurizer }: DescriptionOf<'retriever'>): CardWords {
  return {
    task: 'sentence-similarity',
    purpose: `${preset} that turns queries and documents into vectors of ${width} numbers, close together where a document answers a query`,
    source: 'queries and the documents judged relevant to them',
    unit: 'queries',
    use: `For finding, among documents like those that it was taught with, the ones that answer a query. Embed the documents once and keep the
vectors; of a query, the documents with the greatest product of vectors come first. Whether it beats a search by words is written under
metrics: for many collections it does not.`,
    examples: bothExamples,
    input: '"a query" --documents documents.jsonl',
    ports: `\`model.onnx\` takes the features that \`${featurizer.kind}\` makes and gives \`embeddings\` of length 1, with any ONNX runtime;
\`model.int8.onnx\` is its smaller form.`,
  };
}

function languageModelWords({ preset, vocabulary, block }: DescriptionOf<'language-model'>): CardWords {
  return {
    task: 'text-generation',
    purpose: `${preset}, a causal language model of ${vocabulary} tokens that goes on with a text`,
    source: 'the texts of the data',
    unit: 'bytes',
    use: `For texts like those that it was taught with. It looks at the last ${block} tokens, knows nothing but these texts, and what it writes is
neither true nor checked.`,
    examples: '`example.mjs` runs it in Node.',
    input: '"the beginning of a text"',
    ports: `\`model.onnx\` takes \`tokens\` (int32, [batch, length], at most ${block} long, of \`tokenizer.json\`) and gives \`logits\` of the next token
after each, with any ONNX runtime; \`model.int8.onnx\` is its smaller form.`,
  };
}

/** Text from outside within a line of Markdown: it makes no new line, cell, code or tag. */
export function line(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[|`<>*_[\]\\]/g, (sign) => `\\${sign}`);
}
