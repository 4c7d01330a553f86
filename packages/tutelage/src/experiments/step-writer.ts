import {
  type Concrete,
  div,
  expandDims,
  jit,
  mul,
  optim,
  random,
  sqrt,
  sum,
  type Tensor,
  tensor,
  type Value,
} from '@tutelage/engine';
import type { Example } from '../core/example.js';
import { llamaDecoder } from '../language/generate/decoder.js';
import { generate } from '../language/generate/generate.js';
import { type Lesson, lessonBatch, positionsOf } from '../language/lessons.js';
import { initLlama, type Llama, type LlamaConfig, llamaStates } from '../models/llama.js';
import { supervised, type TokenBatch } from '../objectives/tokens.js';
import type { Vectors } from '../search/vectors.js';
import { causalTrainer } from '../students/causal-trainer.js';
import { shuffledBatches } from '../students/window-lessons.js';
import { listFunctionNames } from '../tasks/verifiable/list-functions.js';
import type { Worked } from '../tasks/verifiable/worked.js';

const words = ['end', '=', ':', 'empty', ...'0123456789', ...listFunctionNames];
const idOf = new Map(words.map((word, id) => [word, id]));
const [end, ask] = [idOf.get('end')!, idOf.get('=')!];
const firstFunction = words.length - listFunctionNames.length;
/** Tokens of three functions on five digits, and of all but the last token of both. */
const [longestPrompt, longestAnswer] = [10, 19];
const rowLength = longestPrompt + longestAnswer - 1;
const embeddedTogether = 1000;
/** AdamW's learning rate for embeddings and norms, as a part of Muon's. */
const besideMuon = 0.3;

export type StepWriterConfig = Omit<LlamaConfig, 'vocabulary'>;
export type ListProblem = Example<string, Worked>;
type Params = Llama<Tensor>;

export interface LearnOptions {
  /** What is learned in each pass. */
  readonly passes: readonly (readonly ListProblem[])[];
  readonly batchSize: number;
  /** Muon's, of the layers' matrices, at its height; it falls by a cosine. */
  readonly learningRate: number;
  readonly key: random.Key;
}

/** A small language model that answers list problems step by step. */
export interface StepWriter {
  init(key: random.Key): Params;
  learn(from: Params, options: LearnOptions): Promise<Params>;
  /** The likeliest answers, step by step. */
  answers(params: Params, problems: readonly ListProblem[]): Promise<string[][]>;
  /** Problems as vectors of length 1, one after the other: the mean of the last layer's states over their words. */
  embeddings(params: Params, problems: readonly ListProblem[]): Promise<Vectors>;
}

export function stepWriter(sizes: StepWriterConfig): StepWriter {
  const config: LlamaConfig = { ...sizes, vocabulary: words.length };
  return {
    init: (key) => initLlama(key, config),
    async learn(from, { passes, batchSize, learningRate, key }) {
      const total = passes.reduce((steps, own) => steps + Math.floor(own.length / batchSize), 0);
      const trainer = causalTrainer<TokenBatch<Value>>({
        model: { config: { ...config, positions: rowLength }, params: from },
        objective: (logits, batch) => supervised(logits, batch),
        learningRate: besideMuon * learningRate,
        weightDecay: 0.01,
        muon: optim.muon({ learningRate }),
        schedule: optim.cosine({ total, warmup: Math.round(0.05 * total) }),
        clipNorm: 1,
        seed: 1,
        threads: 1,
      });
      for (const [pass, problems] of passes.entries()) {
        const lessons = problems.map(lessonOf);
        for (const rows of shuffledBatches(lessons.length, batchSize, random.foldIn(key, pass))) {
          if (rows.length < batchSize) continue;
          const { tokens, next, counted } = lessonBatch(
            rows.map((row) => [lessons[row]!]),
            { length: rowLength, padding: end },
          );
          await trainer.learn({ tokens, next, counted } as Concrete<TokenBatch<Value>>);
        }
      }
      const params = await trainer.params();
      await trainer.dispose();
      return params;
    },
    async answers(params, problems) {
      const decoder = await llamaDecoder(params, config, rowLength + 1, { threads: 1 });
      try {
        const found = await generate(
          decoder,
          problems.map((problem) => promptOf(problem)),
          { maxTokens: longestAnswer, endTokens: [end] },
        );
        return found.map(({ tokens }) => stepsOf(tokens));
      } finally {
        await decoder.release();
      }
    },
    async embeddings(params, problems) {
      const program = jit(
        (p: Llama<Value>, tokens: Value, counted: Value) => {
          const total = sum(mul(llamaStates(p, config, tokens), expandDims(counted, 2)), { axes: 1 });
          return div(total, sqrt(sum(mul(total, total), { axes: 1, keepDims: true })));
        },
        { threads: 1 },
      );
      const data = new Float32Array(problems.length * config.width);
      for (let at = 0; at < problems.length; at += embeddedTogether) {
        const prompts = problems.slice(at, at + embeddedTogether).map(promptOf);
        const tokens = new Int32Array(prompts.length * longestPrompt).fill(end);
        const counted = new Float32Array(tokens.length);
        prompts.forEach((prompt, row) => {
          tokens.set(prompt, row * longestPrompt);
          counted.fill(1, row * longestPrompt, row * longestPrompt + prompt.length);
        });
        const shape = [prompts.length, longestPrompt];
        const found = await program(params, tensor(tokens, shape), tensor(counted, shape));
        data.set(found.data as Float32Array, at * config.width);
      }
      await program.dispose();
      return { data, width: config.width };
    },
  };
}

function promptOf({ input }: ListProblem): number[] {
  return [...input.split(' ').map((word) => idOf.get(word)!), ask];
}

function lessonOf(problem: ListProblem): Lesson {
  const said = problem.target!.steps.flatMap((step) => step.split(' ').filter((word) => word !== ':'));
  const lesson = { prompt: promptOf(problem), answer: [...said.map((word) => idOf.get(word)!), end] };
  if (positionsOf(lesson) > rowLength) throw new RangeError(`too long a problem: ${problem.input}`);
  return lesson;
}

/** Words of an answer by step: each begins with a function. */
function stepsOf(tokens: readonly number[]): string[] {
  const steps: string[][] = [];
  for (const token of tokens) {
    if (token === end) break;
    if (token >= firstFunction) steps.push([words[token]!, ':']);
    else steps.at(-1)?.push(words[token]!);
  }
  return steps.map((step) => step.join(' '));
}
