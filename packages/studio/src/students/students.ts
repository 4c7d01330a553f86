import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { studentFolder } from 'tutelage/runs';
import type { StudentDescription } from 'tutelage/students';
import type { ShownStudent } from '../api/index.js';
import { Problem } from '../problems/problem.js';
import type { Runs } from '../runs/runs.js';
import { existingPath } from '../workspace/confined.js';

/** The students of all runs, the latest first. A damaged one is left out. */
export async function listStudents(runs: Runs): Promise<ShownStudent[]> {
  const students = await Promise.all(runs.since('').map(({ id }) => readStudent(runs, id)));
  return students.filter((student) => student !== undefined);
}

/** The student of a run; undefined when it has none that can be read. */
export async function readStudent(runs: Runs, id: string): Promise<ShownStudent | undefined> {
  const folder = studentFolder(runs.path(id));
  const description = await describedIn(folder);
  if (!description) return undefined;
  const { kind, preset, files } = description;
  const { name, updated } = runs.summary(id);
  return {
    id,
    name,
    kind,
    input: kind === 'classifier' ? description.input : 'text',
    preset,
    labels: kind === 'classifier' ? description.labels : [],
    created: updated,
    bytes: statSync(join(folder, files.model)).size,
    metrics: metricsOf(runs, id),
    files: readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map((entry) => ({ name: entry.name, bytes: statSync(join(folder, entry.name)).size })),
  };
}

/**
 * The path of a student's file.
 *
 * @throws {Problem} when there is no such file
 */
export function studentFile(root: string, id: string, name: string): string {
  if (id.includes('/') || name.includes('/')) throw new Problem(404, `no such file: ${name}`);
  return existingPath(root, `runs/${id}/student/${name}`);
}

async function describedIn(folder: string): Promise<StudentDescription | undefined> {
  // It brings the engine with it: loaded when it is used.
  const { studentSchema } = await import('tutelage/students');
  try {
    const description = studentSchema.parse(JSON.parse(readFileSync(join(folder, 'student.json'), 'utf8')));
    return statSync(join(folder, description.files.model)).isFile() ? description : undefined;
  } catch {
    return undefined;
  }
}

function metricsOf(runs: Runs, id: string): ShownStudent['metrics'] {
  const assessment = runs.assessment(id);
  if (!assessment) return [];
  const interval = (name: string, { estimate, low, high }: typeof assessment.accuracy) => ({
    name,
    value: estimate,
    low,
    high,
  });
  const { milliseconds } = assessment.costs;
  return [
    interval('accuracy', assessment.accuracy),
    interval('macro F1', assessment.macroF1),
    ...(milliseconds === undefined ? [] : [{ name: 'milliseconds', value: milliseconds }]),
  ];
}
