import { random } from '@tutelage/engine';
import { permutation } from '../runs/permutation.js';

/**
 * A world of questions in two hops that models of a few thousand parameters can learn: an entity of a topic has a fact, a digit; an
 * operator turns digits into digits. "operator of the fact of the entity?" is answered by way of the fact, which is the explanation.
 */
export interface FactWorld {
  readonly sizes: FactWorldSizes;
  /** The digit of each entity; entities of a topic follow each other. */
  readonly facts: readonly number[];
  /** Another digit for each entity: what is believed by who does not know. */
  readonly errors: readonly number[];
  /** [operators][digits]; the last `synonyms` operators are the first ones under other names. */
  readonly operators: readonly (readonly number[])[];
}

export interface FactWorldSizes {
  readonly topics: number;
  /** In each topic. */
  readonly entities: number;
  readonly operators: number;
  readonly synonyms: number;
}

/** What is asked: an operator of an entity's fact. */
export interface FactQuestion {
  readonly entity: number;
  readonly operator: number;
}

export const digits = 10;

export function factWorld(sizes: FactWorldSizes, key: random.Key): FactWorld {
  const count = sizes.topics * sizes.entities;
  const facts = drawDigits(count, digits, random.foldIn(key, 'facts'));
  const offsets = drawDigits(count, digits - 1, random.foldIn(key, 'errors'));
  const distinct = sizes.operators - sizes.synonyms;
  return {
    sizes,
    facts,
    errors: facts.map((fact, entity) => (fact + 1 + offsets[entity]!) % digits),
    operators: Array.from({ length: sizes.operators }, (_, i) =>
      shuffled(digits, random.foldIn(random.foldIn(key, 'operators'), i % distinct)),
    ),
  };
}

export function topicOf({ sizes }: FactWorld, { entity }: FactQuestion): number {
  return Math.floor(entity / sizes.entities);
}

export function answerOf({ facts, operators }: FactWorld, { entity, operator }: FactQuestion): number {
  return operators[operator]![facts[entity]!]!;
}

/** The operator of the same effect with the lowest number. */
export function synonymOf({ sizes }: FactWorld, operator: number): number {
  return operator % (sizes.operators - sizes.synonyms);
}

/**
 * What somebody believes of each entity. Of a topic's entities a share that is drawn between `least` and 1 for each topic is known,
 * of the others the wrong digit is believed.
 */
export function beliefs(world: FactWorld, least: number, key: random.Key): number[] {
  const { topics, entities } = world.sizes;
  const shares = new Float32Array(topics);
  random.fillUniform(shares, random.foldIn(key, 'shares'));
  const believed = [...world.facts];
  for (let topic = 0; topic < topics; topic++) {
    const known = Math.round(entities * (least + (1 - least) * shares[topic]!));
    for (const place of shuffled(entities, random.foldIn(key, topic)).slice(known)) {
      const entity = topic * entities + place;
      believed[entity] = world.errors[entity]!;
    }
  }
  return believed;
}

/** All questions in random order. */
export function factQuestions({ sizes }: FactWorld, key: random.Key): FactQuestion[] {
  const { topics, entities, operators } = sizes;
  return shuffled(topics * entities * operators, key).map((i) => ({
    entity: Math.floor(i / operators),
    operator: i % operators,
  }));
}

/** 0 to `count` - 1 in random order. */
function shuffled(count: number, key: random.Key): number[] {
  return Array.from(permutation(count, [key.hi, key.lo]));
}

/** Integers from 0 to below `below`. */
export function drawDigits(count: number, below: number, key: random.Key): number[] {
  const uniform = new Float32Array(count);
  random.fillUniform(uniform, key);
  return Array.from(uniform, (u) => Math.min(below - 1, Math.floor(u * below)));
}
