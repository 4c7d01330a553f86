import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { z } from 'zod';
import { percentileInterval } from '../assessment/bootstrap.js';
import { spearman } from '../assessment/correlation.js';
import type { Interval } from '../assessment/intervals.js';
import { decimal, percent } from '../assessment/wording.js';
import type { Trial } from '../claims/trials.js';
import { UserError } from '../core/errors.js';
import type { MethodContext } from '../core/method.js';
import { type CausalModel, openCausalModel, saveCausalModel } from '../language/causal-model.js';
import { explained } from '../runs/file-errors.js';
import type { JsonObject } from '../runs/json.js';
import { superviseCausal } from '../students/causal-supervised.js';
import {
  accuracyOf,
  type Fidelity,
  fidelityOf,
  fidelitySchema,
  type OwnFidelity,
  type SolvedRow,
  solutionLesson,
  solutionText,
  solved,
} from './own-fidelity.js';
import { runOwnTrials } from './own-trials.js';
import { writeJsonLines } from './skill-report.js';

type FidelityLoss = 'sft' | 'kd_gold_kl' | 'revkd' | 'gkd' | 'seqkd_text';

/** A student to teach. */
export interface FidelityArm {
  readonly arm: string;
  readonly loss: FidelityLoss;
  readonly temperature: number;
  readonly noise: number;
}

/**
 * The arms of a sweep: each loss, those by a teacher's logits on given texts at each temperature, and distillation with each noise at the first
 * temperature.
 *
 * @throws {UserError} for temperatures or noise that are none
 */
function fidelitySweep(settings: FidelitySettings): FidelityArm[] {
  const temperatures = numbers(settings.temperatures);
  const wrong = temperatures.find((temperature) => !(temperature > 0 && Number.isFinite(temperature)));
  if (wrong !== undefined || temperatures.length === 0) {
    throw new UserError(`τ must be > 0: ${settings.temperatures}`, { hint: 'such as temperatures=1,2' });
  }
  const noises = numbers(settings.noises);
  if (!noises.every((noise) => noise > 0 && Number.isFinite(noise))) {
    throw new UserError(`noise must be > 0: ${settings.noises}`, { hint: 'such as noises=1,2' });
  }
  const arms = (settings.losses.split(',') as FidelityLoss[]).flatMap((loss): FidelityArm[] => {
    const tempered = loss === 'kd_gold_kl' || loss === 'revkd';
    if (!tempered) return [{ arm: loss, loss, temperature: 1, noise: 0 }];
    return temperatures.map((temperature) => ({
      arm: temperature === 1 ? loss : `${loss} at ${temperature}`,
      loss,
      temperature,
      noise: 0,
    }));
  });
  const noisy = noises.map(
    (noise): FidelityArm => ({
      arm: `kd_gold_kl with noise ${noise}`,
      loss: 'kd_gold_kl',
      temperature: temperatures[0]!,
      noise,
    }),
  );
  return [...arms, ...noisy];
}

const numbers = (list: string) => (list.trim() === '' ? [] : list.split(',').map(Number));

const fidelityOutcome = fidelitySchema.extend({
  /** Right answers of the teacher and the untaught student to questions held out of training; null but for the teacher. */
  validation: z.object({ teacher: z.number(), student: z.number() }).nullable(),
});
type FidelityOutcome = z.output<typeof fidelityOutcome> & {
  readonly arm: string;
  readonly seed: number;
};

export interface FidelitySettings extends JsonObject {
  readonly losses: string;
  readonly temperatures: string;
  readonly noises: string;
  readonly teacherPasses: number;
  readonly learningRate: number;
  readonly loraRank: number;
  readonly batchSize: number;
  readonly answerTokens: number;
  readonly temperature: number;
  readonly validation: number;
  readonly seeds: number;
}

/**
 * A teacher that learns the task and what it writes, and the trials of students beside it.
 *
 * @throws {UserError} when there is nothing to learn, or a setting is out of its range
 */
export function fidelityCourse(own: OwnFidelity, settings: FidelitySettings, context: MethodContext) {
  const { test } = own;
  const { folder, seed, signal, say } = context;
  const { validation, answerTokens, temperature, batchSize, learningRate, loraRank } = settings;
  const arms = fidelitySweep(settings);
  if (!test.every(({ rationale }) => rationale !== undefined)) say('no rationale field: fidelity skipped');
  const [held, train] = [own.train.slice(0, validation), own.train.slice(validation)];
  if (train.length === 0) {
    throw new UserError(`too few items to learn: ${own.train.length}`, {
      hint: `give more, or hold out fewer than ${validation} (validation)`,
    });
  }
  const write = (model: CausalModel, rows: readonly SolvedRow[]) =>
    solved(model, rows, { maxTokens: answerTokens, temperature, seed, signal });
  const lessonsOf = (texts: readonly string[]) =>
    texts.flatMap((text, i) => {
      if (text.trim() !== '') return [solutionLesson(own.student, train[i]!, text)];
      say(`the teacher's text is missing for item ${validation + i + 1}: left out`);
      return [];
    });
  const files = { test: join(folder, 'teacher-test.jsonl'), train: join(folder, 'teacher-train.jsonl') };
  const keep = (name: string, texts: readonly string[]) =>
    writeJsonLines(
      folder,
      name,
      texts.map((text) => ({ text })),
    );
  const { seeds, ...facts } = settings;
  const trials = (
    wanted: readonly Trial[],
    run: (trial: Trial) => Promise<z.output<typeof fidelityOutcome>>,
  ) =>
    runOwnTrials(wanted, {
      folder,
      facts: { data: own.hash, ...facts },
      outcome: fidelityOutcome,
      run,
      signal,
    });
  const training = (name: string, number: number) => ({
    batchSize,
    learningRate,
    loraRank,
    seed: number,
    signal,
    onStep: (step: number, of: number, loss: number) =>
      say(`${name}: ${step} of ${of}, loss ${loss.toFixed(3)}`),
  });
  const gold = lessonsOf(train.map(solutionText));

  return {
    arms,
    training,
    /** The solutions that were given. */
    gold,
    /** The teacher after it has learned the task, and its own solutions; undefined where the signal ended the work. */
    async teacher() {
      const found = await trials([{ arm: 'teacher', seed }], async () => {
        const plan = { ...training('teacher', seed), passes: settings.teacherPasses };
        const by =
          plan.passes === 0
            ? own.teacher
            : await superviseCausal({ ...plan, model: own.teacher, lessons: gold });
        await saveCausalModel(by, join(folder, 'teacher'));
        const texts = await write(by, test);
        keep('teacher-test.jsonl', texts);
        keep(
          'teacher-train.jsonl',
          arms.some(({ loss }) => loss === 'seqkd_text') ? await write(by, train) : [],
        );
        const score = async (model: CausalModel) => accuracyOf(await write(model, held), held, own.matcher);
        const scores =
          held.length === 0 ? null : { teacher: await score(by), student: await score(own.student) };
        return { ...fidelityOf(texts, texts, own), validation: scores };
      });
      if (found.length === 0) return undefined;
      return {
        model: await openCausalModel(join(folder, 'teacher')),
        lessons: lessonsOf(readTexts(files.train)),
      };
    },
    /** Students of every arm and seed, taught and compared with the teacher; the first of each arm is kept. */
    async students(teach: (arm: FidelityArm, seed: number) => Promise<CausalModel>): Promise<string[]> {
      const numbers = Array.from({ length: seeds }, (_, i) => seed + i);
      const wanted = numbers.flatMap((number) => arms.map(({ arm }) => ({ arm, seed: number })));
      const lessons = readTexts(files.test);
      const found = await trials([{ arm: 'teacher', seed }, ...wanted], async (trial) => {
        const student = await teach(arms.find(({ arm }) => arm === trial.arm)!, trial.seed);
        if (trial.seed === seed)
          await saveCausalModel(student, join(folder, 'students', trial.arm.replaceAll(' ', '-')));
        return { ...fidelityOf(await write(student, test), lessons, own), validation: null };
      });
      const correlations = fidelityCorrelations(found.slice(1), seed);
      const report = { arms, found, correlations };
      const path = join(folder, 'report.json');
      explained('write a file', path, () => writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`));
      return [...fidelityLines(found, correlations), `report and students: ${folder}`];
    },
  };
}

/** Texts that were written as rows of `{text}`. */
function readTexts(path: string): string[] {
  const rows = explained('read a file', path, () => readFileSync(path, 'utf8')).split('\n');
  const row = z.object({ text: z.string() });
  return rows.flatMap((own) => (own === '' ? [] : [row.parse(JSON.parse(own)).text]));
}

interface FidelityCorrelation {
  readonly of: string;
  /** Spearman's, over students; null where it is not known. */
  readonly value: Interval | null;
}

/** How the gain over supervised students of the same seed goes with agreement and with fidelity. */
function fidelityCorrelations(students: readonly FidelityOutcome[], seed: number): FidelityCorrelation[] {
  const base = (own: FidelityOutcome) =>
    students.find(({ arm, seed: other }) => arm === 'sft' && other === own.seed);
  const gained = students.filter((own) => own.arm !== 'sft' && base(own));
  const gains = gained.map((own) => own.accuracy - base(own)!.accuracy);
  const correlation = (of: string, values: readonly (number | undefined)[]): FidelityCorrelation => {
    const known = values.filter((value) => value !== undefined);
    if (known.length < gains.length || gains.length < leastStudents) return { of, value: null };
    const over = (at: ArrayLike<number>) =>
      spearman(
        Array.from(at, (i) => gains[i]!),
        Array.from(at, (i) => known[i]!),
      );
    // Samples in which all are alike have no correlation: none is counted.
    const value = percentileInterval((at) => over(at) || 0, gains.length, { key: random.key(seed) });
    return { of, value: Number.isFinite(over([...gains.keys()])) ? value : null };
  };
  return [
    correlation(
      'gain and agreement',
      gained.map(({ agreement }) => agreement.same),
    ),
    correlation(
      'gain and fidelity (BLEU)',
      gained.map(({ fidelity }) => fidelity?.bleu),
    ),
  ];
}

/** With fewer a correlation says nothing. */
const leastStudents = 4;

/** What a sweep found, in lines. */
function fidelityLines(
  found: readonly FidelityOutcome[],
  correlations: readonly FidelityCorrelation[],
): string[] {
  const warnings = found.flatMap(({ validation }) =>
    validation && validation.teacher < validation.student
      ? [
          `teacher scores below the student on the validation set: task-unaware teacher: ${percent(validation.teacher)} and ${percent(validation.student)}`,
        ]
      : [],
  );
  const told = correlations.map(({ of, value }) =>
    value === null
      ? `rank correlation of ${of}: not known`
      : `rank correlation of ${of}: ${decimal(value.estimate, 2)} (${decimal(value.low, 2)} to ${decimal(value.high, 2)})`,
  );
  return [...warnings, ...found.map((own) => `${own.arm}, seed ${own.seed}: ${line(own)}`), ...told];
}

function line({ accuracy, agreement, fidelity, validity }: Fidelity): string {
  const parts = [
    `right ${percent(accuracy)}`,
    `teacher's answer ${percent(agreement.same)} (both right ${percent(agreement.bothRight)}, wrong alike ${percent(agreement.bothWrongSame)}, wrong otherwise ${percent(agreement.bothWrongOtherwise)})`,
    ...(fidelity
      ? [
          `teacher's words ${percent(fidelity.exact)}, BLEU ${decimal(fidelity.bleu, 3)} (beside others' ${decimal(fidelity.shuffledBleu, 3)}), edits ${decimal(fidelity.edits, 3)}`,
        ]
      : []),
    ...(validity === null ? [] : [`equations hold in ${percent(validity)}`]),
  ];
  return parts.join('; ');
}
