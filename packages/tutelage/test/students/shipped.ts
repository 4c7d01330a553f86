import { random } from '@tutelage/engine';
import { lmSmall } from '../../src/students/lm-small.js';
import type { CardFacts } from '../../src/students/model-card.js';
import { retrieverSmall } from '../../src/students/retriever-small.js';
import { shipLanguageModel } from '../../src/students/ship-language-model.js';
import { shipRetriever } from '../../src/students/ship-retriever.js';

export const facts: CardFacts = {
  name: 'example | <b>',
  licence: 'CC-BY-4.0',
  data: { name: 'data', hash: 'abc', train: 10, validation: 3, test: 4 },
  metrics: [{ name: 'nDCG@10', value: 0.5, low: 0.4, high: 0.6 }],
  baseline: [{ name: 'nDCG@10 of BM25', value: 0.7, low: 0.6, high: 0.8 }],
  warnings: [],
};

export const texts = [
  'where is my card, it did not arrive',
  'the transfer to another bank takes a day',
  'a wing at supersonic speed is hot',
];

/** A retriever with its initial parameters, as a folder. */
export async function shippedRetriever(folder: string) {
  const student = retrieverSmall.create(texts, random.key(1));
  const validation = texts.map((text) => ({ query: text.slice(0, 12), documents: [text] }));
  const shipped = await shipRetriever({ folder, student, params: student.params, validation, facts });
  return { student, shipped };
}

/** A language model with its initial parameters and a short window, as a folder. */
export async function shippedLanguageModel(folder: string) {
  const made = lmSmall.create(texts, random.key(1));
  const student = { ...made, config: { ...made.config, block: 16 } };
  const shipped = await shipLanguageModel({
    folder,
    student,
    params: student.params,
    validation: texts,
    facts,
  });
  return { student, shipped };
}
