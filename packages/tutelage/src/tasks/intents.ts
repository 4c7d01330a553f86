import { readFile } from 'node:fs/promises';
import { random } from '@tutelage/engine';
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
