import {
  add,
  binaryCrossEntropyWithLogits,
  createTrainer,
  nn,
  optim,
  tensor,
  type Value,
} from '@tutelage/engine';

/** What a teacher has seen of a student: a question of some topic, and whether it was right alone and with help (1 or 0). */
export interface Observation {
  readonly topic: number;
  readonly entity: number;
  readonly alone: number;
  readonly helped: number;
}

/** How likely a student is to be right, alone and with help, as its teacher imagines it; one a question. */
export interface Simulated {
  readonly alone: number[];
  readonly helped: number[];
}

type Place = Pick<Observation, 'topic' | 'entity'>;

/** The share of right answers in each topic, with one more observation that is like all of them together. */
export function topicMentalModel(
  observed: readonly Observation[],
): (questions: readonly Place[]) => Simulated {
  const shares = (outcome: 'alone' | 'helped') => {
    const sum = (of: readonly Observation[]) => of.reduce((total, one) => total + one[outcome], 0);
    const overall = sum(observed) / observed.length;
    return (topic: number) => {
      const own = observed.filter((one) => one.topic === topic);
      return (sum(own) + overall) / (own.length + 1);
    };
  };
  const [alone, helped] = [shares('alone'), shares('helped')];
  return (questions) => ({
    alone: questions.map(({ topic }) => alone(topic)),
    helped: questions.map(({ topic }) => helped(topic)),
  });
}

const fit = { steps: 200, learningRate: 0.05, weightDecay: 0.1 };

type Weights<T> = { readonly topic: nn.Embedding<T>; readonly entity: nn.Embedding<T>; readonly bias: T };

/** A logistic model with a weight for each topic and each entity, fitted to the observations. */
export async function fittedMentalModel(
  observed: readonly Observation[],
  sizes: { readonly topics: number; readonly entities: number },
): Promise<(questions: readonly Place[]) => Simulated> {
  const ids = (of: readonly Place[], name: keyof Place) => tensor(Int32Array.from(of, (one) => one[name]));
  const trainer = createTrainer<
    Weights<Value>,
    Readonly<Record<'topic' | 'entity' | 'outcomes', Value>>,
    Value
  >({
    params: {
      topic: { weight: nn.zeros([sizes.topics, 2]) },
      entity: { weight: nn.zeros([sizes.entities, 2]) },
      bias: nn.zeros([2]),
    },
    loss: (p, { topic, entity, outcomes }) =>
      binaryCrossEntropyWithLogits(
        add(add(nn.embed(p.topic, topic), nn.embed(p.entity, entity)), p.bias),
        outcomes,
      ),
    optimizer: optim.adamw({ learningRate: fit.learningRate, weightDecay: fit.weightDecay }),
    threads: 1,
  });
  const outcomes = observed.flatMap(({ alone, helped }) => [alone, helped]);
  const batch = {
    topic: ids(observed, 'topic'),
    entity: ids(observed, 'entity'),
    outcomes: tensor(Float32Array.from(outcomes), [observed.length, 2]),
  };
  for (let step = 0; step < fit.steps; step++) await trainer.step(batch);
  await trainer.dispose();
  const { topic, entity, bias } = trainer.params;
  const probability = (place: Place, outcome: 0 | 1) => {
    const at = (of: typeof topic, row: number) => of.weight.data[2 * row + outcome] as number;
    const logit = at(topic, place.topic) + at(entity, place.entity) + (bias.data[outcome] as number);
    return 1 / (1 + Math.exp(-logit));
  };
  return (questions) => ({
    alone: questions.map((place) => probability(place, 0)),
    helped: questions.map((place) => probability(place, 1)),
  });
}
