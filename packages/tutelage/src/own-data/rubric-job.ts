import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { random } from '@tutelage/engine';
import { UserError } from '../core/errors.js';
import type { Responder } from '../language/responder.js';
import { permutation } from '../runs/permutation.js';
import { normaliseText } from '../tasks/duplicates.js';
import type { Rubric, RubricCategory } from '../tasks/rubric.js';
import { type Annotation, annotate } from '../teachers/rubric-annotator.js';
import type { RubricComments } from '../teachers/rubric-comments.js';
import { hasExamples, type RubricVariant } from '../teachers/rubric-prompts.js';
import { type AskedCategory, asked, type GatedCategory, gated } from '../teachers/rubric-reliability.js';
import { teachRubricStudent } from '../teachers/rubric-student.js';
import { type LabelRow, labelRows, type StudentFacts } from './rubric-report.js';

/** The labelling of one set of comments by a rubric. */
export interface RubricJob {
  readonly rubric: Rubric;
  readonly read: RubricComments;
  readonly model: Responder;
  /** Least low end of the agreement with people to go on. */
  readonly gate: number;
  readonly bulk: 'student' | 'model';
  /** Comments that the model labels for a student. */
  readonly taught: number;
  /** Updates of a student. */
  readonly steps: number;
  readonly seed: number;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly say: (message: string) => void;
  /** All labels so far. */
  readonly rows: LabelRow[];
  /** Questions put so far. */
  calls: number;
}

/** Asks for a category on the sample in each way, and decides whether and how the rest is to be labelled. */
export async function judgeCategory(
  job: RubricJob,
  category: RubricCategory,
  variants: readonly RubricVariant[],
): Promise<{ readonly asked: AskedCategory[]; readonly gate: GatedCategory }> {
  const { read, seed, gate, say } = job;
  const { sample } = read;
  const people = read.people.get(category.key)!.map((own) => sample.map((at) => own[at]));
  const usable = variants.filter((variant) => hasExamples(category, variant));
  if (usable.length === 0) {
    throw new UserError(`no examples to ask with: ${category.key}`, {
      hint: 'add some, or use variants=zero-shot',
    });
  }
  const all: AskedCategory[] = [];
  for (const variant of sample.length === 0 ? usable.slice(0, 1) : usable) {
    const annotations = await ask(job, category, variant, sample);
    if (new Set(annotations.map(({ label }) => label)).size === 1 && sample.length > 1) {
      say(
        `warning: constant annotator: ${category.key}, ${variant}: every answer is ${annotations[0]!.label ?? 'unreadable'}`,
      );
    }
    all.push(asked(category.key, variant, annotations, people, seed));
  }
  return { asked: all, gate: gated(all, people, gate, seed) };
}

/** Asks about comments, and keeps the answers among the labels. */
async function ask(
  job: RubricJob,
  category: RubricCategory,
  variant: RubricVariant,
  places: readonly number[],
): Promise<Annotation[]> {
  const { rubric, read, model, signal } = job;
  job.say(`${category.key}, ${variant}: ${places.length} comments`);
  const comments = places.map((at) => read.comments[at]!);
  const annotations = await annotate(model, rubric, { category, variant }, comments, { signal });
  job.calls += places.length;
  job.rows.push(...labelRows(places, annotations, { category: category.key, variant, by: model.name }));
  return annotations;
}

/** Labels what people did not: by the model, or by a student of the model's labels of a part. */
export async function labelRest(
  job: RubricJob,
  category: RubricCategory,
  variant: RubricVariant,
): Promise<StudentFacts | undefined> {
  const { read, model, bulk, seed, say } = job;
  const { key } = category;
  const sampled = new Set(read.sample);
  const rest = placesInRandomOrder(read.comments.length, seed).filter((at) => !sampled.has(at));
  const asked = bulk === 'model' ? rest : rest.slice(0, job.taught);
  if (asked.length === 0) return undefined;
  const annotations = await ask(job, category, variant, asked);
  if (bulk === 'model') return undefined;
  const textOf = (at: number) => read.comments[at]!.comment;
  // A text that people labelled would be learned here and tested there: short thanks occur again and again.
  const tested = new Set(read.sample.map((at) => normaliseText(textOf(at))));
  const lessons = asked.flatMap((at, i) => {
    const { label } = annotations[i]!;
    return label === undefined || tested.has(normaliseText(textOf(at))) ? [] : [{ text: textOf(at), label }];
  });
  const texts = lessons.map(({ text }) => text);
  const answers = lessons.map(({ label }) => label);
  const others = rest.slice(asked.length);
  const hash = createHash('sha256')
    .update(JSON.stringify([texts, answers]))
    .digest('hex');
  const student = await teachRubricStudent(
    { texts, answers, hash },
    {
      texts: read.sample.map(textOf),
      people: read.people.get(key)!.map((own) => read.sample.map((at) => own[at])),
    },
    others.map(textOf),
    { ...job, folder: join(job.folder, 'students', key), key, teacher: model.name },
  );
  if (!student) {
    say(`warning: no student of ${key}: its labels are nearly all alike`);
    return undefined;
  }
  job.rows.push(
    ...others.map((at, i) => ({
      at,
      category: key,
      label: student.answers[i]!,
      raw: '',
      variant: '',
      by: 'student',
    })),
  );
  return student;
}

function placesInRandomOrder(count: number, seed: number): number[] {
  const key = random.foldIn(random.key(seed), 'rest');
  return Array.from(permutation(count, [key.hi, key.lo]));
}
