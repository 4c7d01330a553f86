import type { InputKind } from './featurizers.js';
import { version } from './version.js';

const cdn = 'https://cdn.jsdelivr.net/npm';

/**
 * What the modules of the browser example import, each pinned to the version that it was tested with; a test compares them with those
 * that are installed. zod, which comes as a hundred files, is fetched as one.
 */
const imports = {
  'onnxruntime-web': 'onnxruntime-web@1.30.0/dist/ort.wasm.min.mjs',
  'tutelage/featurizers': `tutelage@${version}/dist/students/featurizers.js`,
  '@tutelage/engine/data': `@tutelage/engine@${version}/dist/data.js`,
  '@huggingface/tokenizers': '@huggingface/tokenizers@0.2.0/dist/tokenizers.mjs',
  zod: 'zod@4.6.7/+esm',
};

const importMap = JSON.stringify(
  { imports: Object.fromEntries(Object.entries(imports).map(([name, path]) => [name, `${cdn}/${path}`])) },
  undefined,
  2,
);

/** A program for Node that loads the student beside it and classifies its arguments. */
export function nodeExample(input: InputKind): string {
  const [usage, imports, inputs] =
    input === 'text'
      ? ['node example.mjs "a text to classify"', '', 'process.argv.slice(2)']
      : [
          'npm install sharp; node example.mjs picture.png',
          "import sharp from 'sharp';\n",
          'await Promise.all(process.argv.slice(2).map(pixelsOf))',
        ];
  return `${nodeHead(usage, imports)}${input === 'image' ? nodePixels : ''}
const batch = Object.entries(featurizer.batch(${inputs}));
const feeds = batch.map(([name, { dtype, data, shape }]) => [name, new Tensor(dtype, data, shape)]);
const { probabilities } = await session.run(Object.fromEntries(feeds));
const classes = student.labels.length;
for (let i = 0; i < probabilities.dims[0]; i++) {
  const row = probabilities.data.subarray(i * classes, (i + 1) * classes);
  const best = row.indexOf(Math.max(...row));
  console.log(student.labels[best], row[best].toFixed(3));
}
`;
}

/** The lines with which each program for Node loads its student and the featurizer. */
function nodeHead(usage: string, imports = ''): string {
  return `// npm install onnxruntime-node tutelage; ${usage}
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
${imports}import { restoreFeaturizer } from 'tutelage/featurizers';

const read = (name) => readFile(new URL(name, import.meta.url), 'utf8');
const student = JSON.parse(await read('student.json'));
const { featurizer } = await restoreFeaturizer(student.featurizer, read);
const session = await InferenceSession.create(fileURLToPath(new URL(student.files.model, import.meta.url)));
`;
}

const nodePixels = `
async function pixelsOf(file) {
  const { height, width, channels } = student.featurizer.config;
  const image = sharp(file).autoOrient().flatten({ background: 'white' }).resize(width, height, { fit: 'fill' });
  return new Uint8Array(await image.toColourspace(channels === 1 ? 'b-w' : 'srgb').raw().toBuffer());
}
`;

/** A page that loads the student beside it and classifies what is typed or chosen. */
export function browserExample(input: InputKind): string {
  const field = input === 'text' ? '<input id="input" size="60">' : '<input id="input" type="file">';
  const value = input === 'text' ? 'input.value' : 'await pixelsOf(input.files[0])';
  return `${browserHead(field)}${input === 'image' ? browserPixels : ''}
document.querySelector('#input').addEventListener('change', async ({ target: input }) => {
  const batch = Object.entries(featurizer.batch([${value}]));
  const feeds = batch.map(([name, { dtype, data, shape }]) => [name, new Tensor(dtype, data, shape)]);
  const { probabilities } = await session.run(Object.fromEntries(feeds));
  const best = probabilities.data.indexOf(Math.max(...probabilities.data));
  document.querySelector('#answer').value = \`\${student.labels[best]} \${probabilities.data[best].toFixed(3)}\`;
});
document.body.dataset.ready = 'yes';
</script>
`;
}

/** The lines with which each page loads its student and the featurizer. */
function browserHead(field: string): string {
  return `<!doctype html>
<meta charset="utf-8">
${field} <output id="answer"></output>
<script type="importmap">
${importMap}
</script>
<script type="module">
import { InferenceSession, Tensor } from 'onnxruntime-web';
import { restoreFeaturizer } from 'tutelage/featurizers';

const read = async (name) => (await fetch(name)).text();
const student = JSON.parse(await read('student.json'));
const { featurizer } = await restoreFeaturizer(student.featurizer, read);
const session = await InferenceSession.create(student.files.model);
`;
}

const browserPixels = `
async function pixelsOf(file) {
  const { height, width, channels } = student.featurizer.config;
  const context = new OffscreenCanvas(width, height).getContext('2d');
  context.drawImage(await createImageBitmap(file), 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const channel = (pixel, c) => (channels === 3 ? pixel[c] : 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]);
  return Uint8Array.from({ length: height * width * channels }, (_, i) =>
    Math.round(channel(data.subarray(4 * Math.floor(i / channels)), i % channels)));
}
`;

/** Embeds texts and sorts documents by their likeness to a query: the same in Node and in a page. */
const search = `
const documents = [
  'Cards are sent by post and arrive within a week.',
  'A transfer to another bank takes one working day.',
  'The wing of the model was tested at supersonic speed.',
]; // put your own here

async function embed(texts) {
  const batch = Object.entries(featurizer.batch(texts));
  const feeds = batch.map(([name, { dtype, data, shape }]) => [name, new Tensor(dtype, data, shape)]);
  const { embeddings } = await session.run(Object.fromEntries(feeds));
  return texts.map((_, i) => embeddings.data.subarray(i * student.width, (i + 1) * student.width));
}

const vectors = await embed(documents); // of length 1: products are cosines
async function search(query) {
  const [own] = await embed([query]);
  const scores = vectors.map((vector) => vector.reduce((sum, x, i) => sum + x * own[i], 0));
  return documents.map((text, i) => ({ text, score: scores[i] })).sort((a, b) => b.score - a.score);
}
`;

/** A program for Node that loads the retriever beside it and searches a few documents. */
export function searchExample(): string {
  return `${nodeHead('node example.mjs "what to look for"')}${search}
for (const query of process.argv.slice(2)) {
  for (const { text, score } of await search(query)) console.log(score.toFixed(3), text);
}
`;
}

/** A page that loads the retriever beside it and searches a few documents. */
export function searchPage(): string {
  return `${browserHead('<input id="input" size="60">')}${search}
document.querySelector('#input').addEventListener('change', async ({ target: input }) => {
  const found = await search(input.value);
  document.querySelector('#answer').innerText = found.map(({ text, score }) => \`\${score.toFixed(3)} \${text}\`).join('\\n');
});
document.body.dataset.ready = 'yes';
</script>
`;
}

/** A program for Node that loads the language model beside it and goes on with a text, always by the likeliest token. */
export function generationExample(): string {
  return `// npm install onnxruntime-node tutelage; node example.mjs "the beginning of a text"
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { restoreTokenizer } from 'tutelage/featurizers';

const read = (name) => readFile(new URL(name, import.meta.url), 'utf8');
const student = JSON.parse(await read('student.json'));
const tokenizer = await restoreTokenizer(read);
const session = await InferenceSession.create(fileURLToPath(new URL(student.files.model, import.meta.url)));
const end = tokenizer.special.end;

const prompt = process.argv[2] ?? '';
const tokens = prompt === '' ? [end] : tokenizer.encodePlain(prompt);
const answer = [];
while (answer.length < 50) {
  const window = Int32Array.from([...tokens, ...answer].slice(-student.block));
  const { logits } = await session.run({ tokens: new Tensor('int32', window, [1, window.length]) });
  const last = logits.data.subarray(-student.vocabulary);
  const next = last.reduce((best, x, i) => (x > last[best] ? i : best), 0);
  if (next === end) break;
  answer.push(next);
}
console.log(prompt + tokenizer.decode(answer));
`;
}
