import { readFile } from 'node:fs/promises';
import { random } from '@tutelage/engine';
import { z } from 'zod';
import { permutation } from '../runs/permutation.js';
import { fetchPublic } from './public.js';

/** The utterances of CLINC150 by intent, each intent's in an order drawn by the seed. */
export interface IntentUtterances {
  readonly intents: readonly string[];
  /** 100 of each intent. */
  readonly train: readonly (readonly string[])[];
  /** 20 of each. */
  readonly validation: readonly (readonly string[])[];
}

/** @throws {UserError} when the data can't be downloaded */
export async function intentUtterances(seed: number): Promise<IntentUtterances> {
  const files = await fetchPublic('clinc150');
  const read = async (split: 'train' | 'valid') => {
    const [texts, labels] = await Promise.all(
      ['seq.in', 'label'].map(async (part) => {
        const text = await readFile(files.get(`${split}.${part}`)!, 'utf8');
        return text.trimEnd().split('\n');
      }),
    );
    const byIntent = new Map<string, string[]>();
    texts!.forEach((text, i) => {
      const own = byIntent.get(labels![i]!) ?? [];
      own.push(text);
      byIntent.set(labels![i]!, own);
    });
    return byIntent;
  };
  const [train, validation] = [await read('train'), await read('valid')];
  const intents = [...train.keys()].sort();
  const drawn = (split: typeof train, name: string) =>
    intents.map((intent, i) => {
      const texts = split.get(intent)!;
      const key = random.foldIn(random.foldIn(random.key(seed), name), i);
      return Array.from(permutation(texts.length, [key.hi, key.lo]), (row) => texts[row]!);
    });
  return { intents, train: drawn(train, 'train'), validation: drawn(validation, 'validation') };
}

/** What CLINC150 has beside its utterances. */
export interface IntentScope {
  /** Of each intent: the name of its domain. */
  readonly domainOf: ReadonlyMap<string, string>;
  /** 200 requests that are of no intent. */
  readonly outOfScope: readonly string[];
}

/** @throws {UserError} when the data can't be downloaded */
export async function intentScope(): Promise<IntentScope> {
  const files = await fetchPublic('clinc150-scope');
  const read = (name: string) => readFile(files.get(name)!, 'utf8');
  const domains = z.record(z.string(), z.array(z.string())).parse(JSON.parse(await read('domains.json')));
  const outOfScope = await Promise.all(['train.seq.in', 'valid.seq.in'].map(read));
  return {
    domainOf: new Map(
      Object.entries(domains).flatMap(([domain, intents]) => intents.map((intent) => [intent, domain])),
    ),
    outOfScope: outOfScope.flatMap((text) => text.trimEnd().split('\n')),
  };
}
