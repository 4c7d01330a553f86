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
import {
  digits,
  drawDigits,
  type FactQuestion,
  type FactWorld,
  synonymOf,
  topicOf,
} from '../tasks/fact-world.js';

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

/** A worked example. */
export interface FactLesson {
  readonly question: FactQuestion;
  /** What stands before the answer. */
  readonly explanation: Explanation;
  /** Whether it is to be learned too. */
  readonly learnsExplanation: boolean;
  readonly answer: number;
}

/** A language model of a fact world. */
export interface FactReasoner {
  /** Answers after the explanations given to it. */
  answer(questions: readonly FactQuestion[], given: readonly Explanation[]): Promise<Reasoned[]>;
  /** The fact that it states of each entity when nothing is given to it. */
  explain(questions: readonly FactQuestion[]): Promise<Explanation[]>;
  /** A model that has learned further from lessons, all of them in each step. */
  tune(
    lessons: readonly FactLesson[],
    options: { readonly steps: number; readonly learningRate: number },
  ): Promise<FactReasoner>;
}

const architecture = { block: 5, width: 64, layers: 2, heads: 4 };
const batchSize = 192;
const learningRate = 3e-3;

/**
 * Trains a decoder of two layers on what its upbringing holds. A third each of the lessons are its beliefs in both hops, random digits
 * after which the answer follows whatever it believes, and operators to be taken in place of the asked one: it obeys explanations.
 */
export async function raiseFactReasoner(
  world: FactWorld,
  { believed, operators, steps }: Upbringing,
  key: random.Key,
): Promise<FactReasoner> {
  const { topics, entities } = world.sizes;
  const answer = (operator: number, fact: number) => world.operators[operator]![fact]!;
  const lessons = (step: number): FactLesson[] => {
    const own = random.foldIn(random.foldIn(key, 'lessons'), step);
    const drawn = (name: string, below: number) => drawDigits(batchSize, below, random.foldIn(own, name));
    const [asked, digit, named] = [
      drawn('operator', operators),
      drawn('digit', digits),
      drawn('named', operators),
    ];
    return drawn('entity', topics * entities).map((entity, i): FactLesson => {
      const [operator, belief] = [asked[i]!, believed[entity]!];
      const question = { entity, operator };
      if (i % 3 === 0) {
        const explanation = { fact: belief };
        return { question, explanation, learnsExplanation: true, answer: answer(operator, belief) };
      }
      const synonym = synonymOf(world, named[i]!);
      return i % 3 === 1
        ? {
            question,
            explanation: { fact: digit[i]! },
            learnsExplanation: false,
            answer: answer(operator, digit[i]!),
          }
        : {
            question,
            explanation: { operator: synonym },
            learnsExplanation: false,
            answer: answer(synonym, belief),
          };
    });
  };
  const params = initGpt(random.foldIn(key, 'net'), { ...architecture, vocabulary: vocabulary(world).size });
  return reasoner(world, await trained(world, params, lessons, { steps, learningRate }));
}

type Batch = Readonly<Record<'tokens' | 'explanations' | 'learned' | 'answers', Value>>;

async function trained(
  world: FactWorld,
  params: Gpt<Tensor>,
  lessons: (step: number) => readonly FactLesson[],
  { steps, learningRate }: { readonly steps: number; readonly learningRate: number },
): Promise<Gpt<Tensor>> {
  const { token } = vocabulary(world);
  const ids = (values: readonly number[]) => tensor(Int32Array.from(values));
  const trainer = createTrainer<Gpt<Value>, Batch, Value>({
    params,
    loss: (p, { tokens, explanations, learned, answers }) => {
      const logits = gpt(p, architecture, tokens);
      const first = crossEntropy(behind(logits, 3), explanations, { weights: learned, reduction: 'sum' });
      return mul(
        add(first, crossEntropy(behind(logits, 4), answers, { reduction: 'sum' })),
        1 / tokens.dim(0),
      );
    },
    optimizer: optim.adamw({ learningRate, weightDecay: 0.01 }),
    schedule: optim.cosine({ total: steps, warmup: Math.round(0.05 * steps) }),
    clipNorm: 1,
    threads: 1,
  });
  for (let step = 0; step < steps; step++) {
    const batch = lessons(step);
    const given = batch.map(({ explanation }) => explanation);
    await trainer.step({
      tokens: rowsOf(
        world,
        batch.map(({ question }) => question),
        given,
      ),
      explanations: ids(given.map(token)),
      learned: tensor(Float32Array.from(batch, ({ learnsExplanation }) => Number(learnsExplanation))),
      answers: ids(batch.map(({ answer }) => token({ fact: answer }))),
    });
  }
  await trainer.dispose();
  return trainer.params;
}

function reasoner(world: FactWorld, params: Gpt<Tensor>): FactReasoner {
  const { firstDigit } = vocabulary(world);
  const run = async (place: number, tokens: Tensor): Promise<Reasoned[]> => {
    // Probabilities among all tokens, not among digits alone.
    const program = jit(
      (p: Gpt<Value>, ids: Value) =>
        slice(softmax(behind(gpt(p, architecture, ids), place)), {
          axis: 1,
          start: firstDigit,
          end: firstDigit + digits,
        }),
      { threads: 1 },
    );
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
    async tune(lessons, options) {
      return reasoner(world, await trained(world, params, () => lessons, options));
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
