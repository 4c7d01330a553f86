import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CausalModel, saveCausalModel } from '../language/causal-model.js';
import { exportCausalModel } from '../language/export-onnx.js';
import { explained } from '../runs/file-errors.js';
import { answerKind } from '../tasks/own-traces.js';
import type { TraceMarks } from '../tasks/traces.js';

/**
 * Writes a student of traces: its weights, `onnx/model.onnx`, its tokenizer, `modes.json` (how its answers begin in each mode), and
 * `answer.mjs`, a program that asks it.
 *
 * @param maxTokens most tokens that it says
 * @throws {UserError} when the disk is full, read-only, ...
 */
export async function shipTraceStudent(
  folder: string,
  model: CausalModel,
  marks: TraceMarks,
  maxTokens: number,
): Promise<void> {
  await saveCausalModel(model, folder);
  await exportCausalModel(model, folder);
  const begins = { fast: marks.answer, slow: marks.step, auto: [] };
  const modes = { begins, answer: `${answerKind}:`, end: marks.end, maxTokens };
  explained('write the student', folder, () => {
    writeFileSync(join(folder, 'modes.json'), `${JSON.stringify(modes, undefined, 2)}\n`);
    writeFileSync(join(folder, 'answer.mjs'), traceExample());
  });
}

/**
 * A program for Node that answers with the student beside it, in one of its three modes: it runs `onnx/model.onnx` with a cache of keys and
 * values, and begins its answer as `modes.json` tells.
 */
function traceExample(): string {
  return `// npm install onnxruntime-node tutelage; node answer.mjs fast|slow|auto "a question"
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { restoreTokenizer } from 'tutelage/featurizers';

const [mode = 'auto', question = ''] = process.argv.slice(2);
const read = (name) => readFile(new URL(name, import.meta.url), 'utf8');
const { begins, answer, end, maxTokens } = JSON.parse(await read('modes.json'));
const config = JSON.parse(await read('config.json'));
const tokenizer = await restoreTokenizer(read);
const session = await InferenceSession.create(fileURLToPath(new URL('onnx/model.onnx', import.meta.url)));

const long = (values) => new Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
const heads = config.num_key_value_heads;
const empty = [1, heads, 0, config.hidden_size / config.num_attention_heads];
let past = Object.fromEntries(
  session.inputNames
    .filter((name) => name.startsWith('past_key_values'))
    .map((name) => [name, new Tensor('float32', new Float32Array(0), empty)]),
);
const tokens = [...tokenizer.encodePlain(question), ...begins[mode]];
const said = [...begins[mode]];
let given = tokens;
while (said.length < maxTokens) {
  const first = tokens.length - given.length;
  const found = await session.run({
    input_ids: long(given),
    attention_mask: long(tokens.map(() => 1)),
    position_ids: long(given.map((_, i) => first + i)),
    ...past,
  });
  const last = found.logits.data.subarray(-config.vocab_size);
  const next = last.reduce((best, x, i) => (x > last[best] ? i : best), 0);
  if (next === end) break;
  past = Object.fromEntries(
    Object.keys(past).map((name) => [name, found[name.replace('past_key_values', 'present')]]),
  );
  tokens.push(next);
  said.push(next);
  given = [next];
}
const text = tokenizer.decode(said);
const at = text.indexOf(answer);
if (at > 0) console.log(text.slice(0, at).trim());
console.log(at < 0 ? text.trim() + ' ... no answer' : text.slice(at + answer.length).trim());
`;
}
