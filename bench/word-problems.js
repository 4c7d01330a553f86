import { createTrainer, optim, random } from '@tutelage/engine';
import { generate, llamaDecoder, trainWordLevel } from '../packages/tutelage/dist/language/index.js';
import { lessonBatch, packLessons } from '../packages/tutelage/dist/language/lessons.js';
import { initLlama, llama } from '../packages/tutelage/dist/models/llama.js';
import { supervised } from '../packages/tutelage/dist/objectives/tokens.js';
import { wordProblem } from '../packages/tutelage/dist/tasks/verifiable/word-problems.js';

const length = 256;
const rowsABatch = 8;

const solution = ({ steps, answer }) => `${steps.join(' . ')} . answer ${answer}`;

/** Problems of two to four operations to learn from, three operations to be tested on. */
function problems(share, count, seed, operations) {
  const key = random.key(`word problems ${share} ${seed}`);
  return Array.from({ length: count }, (_, i) =>
    wordProblem({ operations: operations[i % operations.length], share }, random.foldIn(key, i)),
  );
}

/**
 * A decoder of a million parameters learns word problems of three operations: exact answers on held-out templates.
 *
 * @param steps updates
 */
export async function wordProblems(steps = 2500, seed = 1) {
  const start = performance.now();
  const train = problems('train', 40_000, seed, [1, 2, 3, 3]);
  const tokenizer = trainWordLevel(
    train.flatMap((p) => [p.input, solution(p.target)]),
    { vocabulary: 1000 },
  );
  const { separator: end } = tokenizer.special;
  const lesson = (p) => ({
    prompt: [end, ...tokenizer.encodePlain(p.input)],
    answer: [...tokenizer.encodePlain(solution(p.target)), end],
  });
  const config = {
    vocabulary: tokenizer.vocabularySize,
    width: 128,
    layers: 4,
    heads: 4,
    keyValueHeads: 4,
    intermediate: 352,
    rmsNormEpsilon: 1e-5,
    ropeTheta: 10_000,
  };
  const params = initLlama(random.key(seed), config);
  const lessons = train.map(lesson);
  const packed = packLessons(lessons, length).map((row) => row.map((i) => lessons[i]));
  const trainer = createTrainer({
    params,
    loss: (p, b) => supervised(llama(p, config, b.tokens, b.segments), b),
    optimizer: optim.adamw({ learningRate: 3e-3, beta2: 0.98, weightDecay: 0.05 }),
    groups: [{ match: /norm/, weightDecay: 0 }],
    schedule: optim.cosine({ total: steps, warmup: 100, end: 0.02 }),
    clipNorm: 1,
    threads: Number(process.env.THREADS ?? 2),
  });
  let order = [];
  const dice = random.stream(random.key(`order ${seed}`));
  for (let step = 0; step < steps; step++) {
    if (order.length < rowsABatch) order = dice.shuffle(packed);
    const rows = order.splice(0, rowsABatch);
    const { loss } = await trainer.step(lessonBatch(rows, { length, padding: 0 }));
    if (step % 100 === 99 && process.env.VERBOSE)
      console.error(step + 1, loss.toFixed(4), ((performance.now() - start) / 1000).toFixed(0), 's');
  }
  const seconds = (performance.now() - start) / 1000;
  const decoder = await llamaDecoder(trainer.params, config, 256, { threads: 2 });
  const exact = async (share, count) => {
    const test = problems(share, count, 'test', [3]);
    let right = 0;
    for (let at = 0; at < count; at += 64) {
      const part = test.slice(at, at + 64);
      const found = await generate(
        decoder,
        part.map((p) => lesson(p).prompt),
        { maxTokens: 40, endTokens: [end] },
      );
      found.forEach(({ tokens }, i) => {
        const answer = /answer (\d+)$/.exec(tokenizer.decode(tokens.filter((t) => t !== end)))?.[1];
        if (answer === part[i].target.answer) right++;
      });
    }
    return right / count;
  };
  const result = {
    seen: await exact('train', 512),
    unseen: process.env.DEV ? Number.NaN : await exact('test', 1000),
    seconds,
    rows: packed.length,
    vocabulary: config.vocabulary,
  };
  await decoder.release();
  await trainer.dispose();
  return result;
}
if (process.argv[2]) console.log(await wordProblems(Number(process.argv[2])));
