import { createTrainer, nn, optim, random } from '@tutelage/engine';
import { generate, llamaDecoder, trainWordLevel } from '../packages/tutelage/dist/language/index.js';
import { lessonBatch, packLessons } from '../packages/tutelage/dist/language/lessons.js';
import { initLlama, llama } from '../packages/tutelage/dist/models/llama.js';
import { supervised } from '../packages/tutelage/dist/objectives/tokens.js';
import { wordProblem } from '../packages/tutelage/dist/tasks/verifiable/word-problems.js';

const rowLength = 256;
const rowsABatch = 8;
const steps = 3000;
const seed = 1;
const tested = 1000;
const threads = 2;

/** Problems of the operations given, in turn, in the wording of one share of the templates. */
function problems(share, count, name, operations) {
  const key = random.key(`word problems ${share} ${name}`);
  return Array.from({ length: count }, (_, i) =>
    wordProblem({ operations: operations[i % operations.length], share }, random.foldIn(key, i)),
  );
}

const solution = ({ steps: lines, answer }) => `${lines.join(' . ')} . answer ${answer}`;

/** A decoder of a million parameters learns word problems of three operations from nothing; answers are checked on held-out templates. */
export async function wordProblems() {
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
    intermediate: 448,
    rmsNormEpsilon: 1e-5,
    ropeTheta: 10_000,
  };
  const params = initLlama(random.key(seed), config);
  const trainer = createTrainer({
    params,
    loss: (p, b) => supervised(llama(p, config, b.tokens, b.segments), b),
    optimizer: optim.adamw({ learningRate: 3e-3, beta2: 0.98, weightDecay: 0.05 }),
    matrices: { match: /_proj/, optimizer: optim.muon() },
    groups: [{ match: /norm/, weightDecay: 0 }],
    schedule: optim.cosine({ total: steps, warmup: 100, end: 0.02 }),
    clipNorm: 1,
    threads,
  });
  const lessons = train.map(lesson);
  const packed = packLessons(lessons, rowLength).map((row) => row.map((i) => lessons[i]));
  const dice = random.stream(random.key(`order ${seed}`));
  let order = [];
  for (let step = 0; step < steps; step++) {
    if (order.length < rowsABatch) order = dice.shuffle(packed);
    await trainer.step(lessonBatch(order.splice(0, rowsABatch), { length: rowLength, padding: 0 }));
  }
  const minutes = (performance.now() - start) / 60_000;

  const decoder = await llamaDecoder(trainer.params, config, rowLength, { threads });
  const exact = async (share) => {
    const test = problems(share, tested, 'test', [3]);
    const prompts = test.map((p) => lesson(p).prompt);
    const answers = [];
    for (let at = 0; at < tested; at += 64) {
      const part = prompts.slice(at, at + 64);
      answers.push(...(await generate(decoder, part, { maxTokens: 40, endTokens: [end] })));
    }
    const right = answers.filter(({ tokens }, i) => {
      const text = tokenizer.decode(tokens.filter((token) => token !== end));
      return /answer (\d+)$/.exec(text)?.[1] === test[i].target.answer;
    });
    return `${((100 * right.length) / tested).toFixed(1)} %`;
  };
  const [unseen, seen] = [await exact('test'), await exact('train')];
  await decoder.release();
  await trainer.dispose();
  return {
    record: `Word problems of three operations, ${(nn.countParameters(params) / 1e6).toFixed(2)} M parameters from nothing`,
    result: `${unseen} exact in ${tested} problems of templates never seen, ${seen} in new problems of seen ones`,
    cost: `${minutes.toFixed(1)} minutes on two threads`,
  };
}
