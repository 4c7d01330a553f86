import { basename } from 'node:path';
import { random, type Tensor } from '@tutelage/engine';
import { assessLanguageModel } from '../../assessment/language-report.js';
import type { LanguageReport } from '../../assessment/measured-report-schema.js';
import { UserError } from '../../core/errors.js';
import { given } from '../../core/given.js';
import type { Gpt } from '../../models/gpt.js';
import { continuations, type LanguageModel } from '../../students/continuations.js';
import { codeLengths, languageModel } from '../../students/language-model.js';
import { type LanguageStudent, teachLanguageModel } from '../../students/language-student.js';
import { lmSmall } from '../../students/lm-small.js';
import { loadLanguageModel } from '../../students/load-language-model.js';
import { shipLanguageModel } from '../../students/ship-language-model.js';
import { readTextCorpus, type TextCorpus } from '../../tasks/text-corpus.js';
import { threadsOf } from '../student-in.js';
import type { Assignment, Distilled, ReadData, TeachingContext } from './assignment.js';
import { answeringCosts } from './costs.js';
import { evenly } from './data.js';
import { originOf } from './facts.js';
import { checkFitting } from './fitting-settings.js';
import { finishing } from './parts.js';
import { type DistillSettings, passes } from './settings.js';
import { shipMeasured } from './ship-measured.js';

/** Texts, and a language model to be taught on them. */
export async function languageAssignment(
  settings: DistillSettings,
  rejectedPath?: string,
): Promise<Assignment> {
  checkFitting(settings, ['text']);
  const { text, split, validation, test, seed } = settings;
  const corpus = await readTextCorpus(settings.data, {
    columns: given({ text, split }),
    seed,
    ...given({ validation, test, rejectedPath }),
  });
  const data = { ...corpus, name: settings.name ?? basename(settings.data) };
  const sizes = sizesOf(corpus);
  if (sizes.test === 0) {
    throw new UserError(`too little text: none is left for the test: ${settings.data}`, {
      hint: 'give more text, or a file by --test',
    });
  }
  return {
    data,
    overview: `${sizes.train} bytes of text for training, ${sizes.validation} for validation, ${sizes.test} for the test`,
    trial: '"the beginning of a text"',
    perform: (context) => teachOn(data, context),
  };
}

type CorpusData = TextCorpus & ReadData;

async function teachOn(data: CorpusData, context: TeachingContext): Promise<Distilled | undefined> {
  const { run, settings, progress, signal } = context;
  const { seed, limit } = settings;
  const lessons = evenly(data.splits.train, limit);
  const made = lmSmall.create(lessons, random.foldIn(random.key(seed), 'student'));
  const student = { ...made, plan: { ...made.plan, epochs: passes(made.plan.epochs, settings) } };
  progress.say(`teaching ${student.preset} on ${bytesOf(lessons)} bytes of text`);
  const taught = await teachLanguageModel({
    student,
    lessons,
    validation: data.splits.validation,
    seed,
    run,
    progress,
    checkpointEvery: { seconds: settings.checkpointSeconds },
    ...threadsOf(settings),
    signal,
  });
  if (taught.outcome === 'paused') return undefined;
  return finishing(run, () => assessAndShip(data, context, student, taught.params));
}

async function assessAndShip(
  data: CorpusData,
  context: TeachingContext,
  student: LanguageStudent,
  params: Gpt<Tensor>,
): Promise<Distilled> {
  const { settings, progress } = context;
  const { test, validation } = data.splits;
  progress.say(`predicting ${bytesOf(test)} bytes of test text`);
  const model = languageModel(student, params, threadsOf(settings));
  const report = assessLanguageModel({
    ...originOf(context, data, { sizes: sizesOf(data), curves: ['loss', 'validation loss'] }),
    student: { title: student.preset },
    stretches: await codeLengths(model, test),
    samples: await samplesOf(model, test, settings.seed),
  });
  await model.dispose();
  return shipMeasured(context, data, report, {
    params,
    ship: (folder, facts) =>
      shipLanguageModel({ folder, student, params, validation, facts, ...threadsOf(settings) }),
    load: (folder) => loadLanguageModel(folder, { threads: 1 }),
    answering: tokenCosts,
  });
}

const sampleTokens = 80;
const promptCharacters = 60;

/** What the model writes from nothing, and after the beginnings of two places in the test text. */
async function samplesOf(
  model: LanguageModel,
  texts: readonly string[],
  seed: number,
): Promise<LanguageReport['samples']> {
  const whole = texts.join('\n');
  const beginnings = [0, Math.floor(whole.length / 2)].map((at) => {
    const words = whole.slice(at, at + promptCharacters).split(/(?<=\s)/);
    // The first and the last word may be cut.
    return words
      .slice(at === 0 ? 0 : 1, -1)
      .join('')
      .trimEnd();
  });
  const prompts = ['', ...beginnings.filter((prompt) => prompt !== '')];
  const answers = await continuations(model, prompts, { maxTokens: sampleTokens, temperature: 0.8, seed });
  return prompts.map((prompt, i) => ({ prompt, text: answers[i]!.text }));
}

/** What one token takes, one after the other, as they are written. */
function tokenCosts(model: LanguageModel) {
  const options = { maxTokens: 1, temperature: 0, seed: 0 };
  const half = Array.from({ length: Math.floor(model.block / 2) }, (_, i) => i % model.vocabulary);
  const prompt = model.tokenizer.decode(half);
  return answeringCosts(
    async (prompts) => {
      for (const text of prompts) await continuations(model, [text], options);
    },
    Array.from({ length: 40 }, () => prompt),
  );
}

function sizesOf({ splits: { train, validation, test } }: TextCorpus) {
  return { train: bytesOf(train), validation: bytesOf(validation), test: bytesOf(test) };
}

function bytesOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}
