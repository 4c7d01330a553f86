import {
  add,
  createTrainer,
  crossEntropy,
  jit,
  mul,
  optim,
  random,
  slice,
  softmax,
  squeeze,
  type Tensor,
  tensor,
  type Value,
} from '@tutelage/engine';
import { type Gpt, gpt, initGpt } from '../models/gpt.js';
import { digits, drawDigits, type FactQuestion, type FactWorld, synonymOf, topicOf } from '../tasks/fact-world.js';

/** What stands between a question and its answer: the entity's digit, or an operator of the same effect. */
export type Explanation = { readonly fact: number } | { readonly operator: number };

/** How a model was raised: what it believes of each entity, and which operators it has seen. */
export interface Upbringing {
  readonly believed: readonly number[];
  readonly operators: number;
  readonly steps: number;
}

/** An answer, and the probability of each digit in the place of it. */
export interface Reasoned {
  readonly answer: number;
  readonly probabilities: Float32Array;
}

/** A language model of a fact world. */
export interface FactReasoner {
  /** Answers, after the explanations given to it. */
  answer(questions: readonly FactQuestion[], given: readonly Explanation[]): Promise<Reasoned[]>;
  /** The fact that it states of each entity when nothing is given to it. */
  explain(questions: readonly FactQuestion[]): Promise<Explanation[]>;
  /** Learns further from worked examples, in batches of all: question, explanation where there is one, and answer. */
  tune(lessons: readonly FactLesson[], steps: number): Promise<FactReasoner>;
}

export interface FactLesson {
  readonly question: FactQuestion;
  /** Without one the answer alone is learned, behind the model's own explanation. */
  readonly explanation?: Explanation;
  /** What stands in the explanation's place in any case. */
  readonly given: Explanation;
  readonly answer: number;
}

const architecture = { block: 5, width: 64, layers: 2, heads: 4 };
const batchSize = 192;
const learningRate = 3e-3;
const tuningRate = 1e-3;

/**
 * Trains a decoder of two layers on what its upbringing holds. A third each of the lessons are its beliefs in both hops, digits of
 * which the answer follows whatever it believes, and operators to be taken in place of the asked one: so that it obeys explanations.
 */
export async function raiseFactReasoner(
  world: FactWorld,
  { believed, operators, steps }: Upbringing,
  key: random.Key,
): Promise<FactReasoner> {
  const { topics, entities } = world.sizes;
  const lessons = (step: number): FactLesson[] => {
    const own = random.foldIn(random.foldIn(key, 'lessons'), step);
    const entity = drawDigits(batchSize, topics * entities, random.foldIn(own, 'entity'));
    const operator = drawDigits(batchSize, operators, random.foldIn(own, 'operator'));
    const digit = drawDigits(batchSize, digits, random.foldIn(own, 'digit'));
    const named = drawDigits(batchSize, operators, random.foldIn(own, 'named'));
    return entity.map((e, i) => {
      const question = { entity: e, operator: operator[i]! };
      const answer = (o: number, fact: number) => world.operators[o]![fact]!;
      if (i % 3 === 0) {
        const given = { fact: believed[e]! };
        return { question, explanation: given, given, answer: answer(question.operator, believed[e]!) };
      }
      if (i % 3 === 1) {
        return { question, given: { fact: digit[i]! }, answer: answer(question.operator, digit[i]!) };
      }
      const o = synonymOf(world, named[i]!);
      return { question, given: { operator: o }, answer: answer(o, believed[e]!) };
    });
  };
  const params = initGpt(random.foldIn(key, 'net'), { ...architecture, vocabulary: vocabulary(world).size });
  return reasoner(world, await trained(world, params, steps, learningRate, lessons));
}

type Batch = Readonly<Record<'tokens' | 'explanations' | 'explained' | 'answers', Value>>;

async function trained(
  world: FactWorld,
  params: Gpt<Tensor>,
  steps: number,
  rate: number,
  lessons: (step: number) => readonly FactLesson[],
): Promise<Gpt<Tensor>> {
  const { token } = vocabulary(world);
  const trainer = createTrainer<Gpt<Value>, Batch, Value>({
    params,
    loss: (p, { tokens, explanations, explained, answers }) => {
      const logits = gpt(p, architecture, tokens);
      const at = (place: number) => behind(logits, place);
      const hops = [
        crossEntropy(at(3), explanations, { weights: explained, reduction: 'sum' }),
        crossEntropy(at(4), answers, { reduction: 'sum' }),
      ] as const;
      return mul(add(...hops), 1 / tokens.dim(0));
    },
    optimizer: optim.adamw({ learningRate: rate, weightDecay: 0.01 }),
    schedule: optim.cosine({ total: steps, warmup: Math.round(0.05 * steps) }),
    clipNorm: 1,
    threads: 1,
  });
  for (let step = 0; step < steps; step++) {
    const batch = lessons(step);
    const ids = (values: readonly number[]) => tensor(Int32Array.from(values));
    await trainer.step({
      tokens: rowsOf(
        world,
        batch.map(({ question }) => question),
        batch.map(({ given }) => given),
      ),
      explanations: ids(batch.map(({ given }) => token(given))),
      explained: tensor(Float32Array.from(batch, ({ explanation }) => (explanation ? 1 : 0))),
      answers: ids(batch.map(({ answer }) => token({ fact: answer }))),
    });
  }
  await trainer.dispose();
  return trainer.params as Gpt<Tensor>;
}

function reasoner(world: FactWorld, params: Gpt<Tensor>): FactReasoner {
  const { firstDigit } = vocabulary(world);
  // The digits' probabilities among all tokens, not among digits alone.
  const forward = (place: number) =>
    jit(
      (p: Gpt<Value>, tokens: Value) =>
        slice(softmax(behind(gpt(p, architecture, tokens), place)), {
          axis: 1,
          start: firstDigit,
          end: firstDigit + digits,
        }),
      { threads: 1 },
    );
  const run = async (place: number, tokens: Tensor): Promise<Reasoned[]> => {
    const program = forward(place);
    const { data } = await program(params, tokens);
    await program.dispose();
    return Array.from({ length: tokens.shape[0]! }, (_, i) => {
      const probabilities = (data as Float32Array).slice(i * digits, (i + 1) * digits);
      return { answer: probabilities.indexOf(Math.max(...probabilities)), probabilities };
    });
  };
  return {
    answer: (questions, given) => run(4, rowsOf(world, questions, given)),
    async explain(questions) {
      const stated = await run(3, rowsOf(world, questions));
      return stated.map(({ answer }) => ({ fact: answer }));
    },
    async tune(lessons, steps) {
      return reasoner(world, await trained(world, params, steps, tuningRate, () => lessons));
    },
  };
}

/** Logits of the token behind a place, [batch, vocabulary]. */
function behind(logits: Value, place: number): Value {
  return squeeze(slice(logits, { axis: 1, start: place, end: place + 1 }), 1);
}

/** Questions as [topic, entity, operator, ?], and the explanation where there are some: [questions, 4 or 5]. */
function rowsOf(
  world: FactWorld,
  questions: readonly FactQuestion[],
  given?: readonly Explanation[],
): Tensor {
  const { firstEntity, firstOperator, question: mark, token } = vocabulary(world);
  const rows = questions.map((question, i) => [
    topicOf(world, question),
    firstEntity + question.entity,
    firstOperator + question.operator,
    mark,
    ...(given ? [token(given[i]!)] : []),
  ]);
  return tensor(Int32Array.from(rows.flat()), [rows.length, given ? 5 : 4]);
}

/** Tokens: topics, entities, operators, digits, and the question mark. */
function vocabulary({ sizes }: FactWorld) {
  const firstEntity = sizes.topics;
  const firstOperator = firstEntity + sizes.topics * sizes.entities;
  const firstDigit = firstOperator + sizes.operators;
  return {
    firstEntity,
    firstOperator,
    firstDigit,
    question: firstDigit + digits,
    size: firstDigit + digits + 1,
    token: (explanation: Explanation) =>
      'fact' in explanation ? firstDigit + explanation.fact : firstOperator + explanation.operator,
  };
}
