import type { Tensor } from '@tutelage/engine';
import type { Gpt } from '../models/gpt.js';
import { generationExample } from './examples.js';
import { codeLengths } from './language-model.js';
import { exportLanguageModel, type LanguageStudent } from './language-student.js';
import { loadLanguageModel } from './load-language-model.js';
import { tokenizerFiles } from './tokens.js';
import { modelNames, originOf, type Shipment, type Shipped, stamp, writeStudent } from './write-student.js';

/**
 * Writes a language model as a folder that can be shipped; see {@link writeStudent}.
 *
 * @throws {UserError} when the disk is full, read-only, ...
 */
export function shipLanguageModel({
  folder,
  student,
  params,
  validation,
  facts,
  threads,
}: Shipment<LanguageStudent, Gpt<Tensor>, string>): Promise<Shipped> {
  const { preset, config, tokenizer } = student;
  return writeStudent({
    folder,
    model: exportLanguageModel(student, params, originOf(facts, preset)),
    description: {
      ...stamp,
      kind: 'language-model',
      preset,
      vocabulary: config.vocabulary,
      block: config.block,
      files: modelNames,
    },
    files: { ...tokenizerFiles(tokenizer), 'example.mjs': generationExample() },
    measure: 'bits per byte',
    async score(written, precision) {
      const loaded = await loadLanguageModel(written, {
        precision,
        ...(threads !== undefined && { threads }),
      });
      try {
        const stretches = await codeLengths(loaded, validation);
        const total = (of: 'bits' | 'bytes') => stretches.reduce((sum, stretch) => sum + stretch[of], 0);
        return stretches.length === 0 ? undefined : total('bits') / total('bytes');
      } finally {
        await loaded.dispose();
      }
    },
    facts,
  });
}
