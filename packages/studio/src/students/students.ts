import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { studentFolder } from 'tutelage/runs';
import type { StudentDescription } from 'tutelage/students';
import type { ShownStudent } from '../api/index.js';
import { Problem } from '../problems/problem.js';
import type { Runs } from '../runs/runs.js';
import { existingPath } from '../workspace/confined.js';
import type { Workspace } from '../workspace/workspace.js';
import { taughtPlace, taughtStudents } from './taught.js';

/** Where a student is. */
interface Place extends Pick<ShownStudent, 'id' | 'origin' | 'folder'> {
  readonly name: string;
  /** Its absolute path. */
  readonly path: string;
}

/** Where students are looked for. */
export interface Places {
  readonly runs: Runs;
  readonly workspace: Pick<Workspace, 'root' | 'taught'>;
}

/** The students of all runs and of all that methods have written, the latest first. A damaged one is left out. */
export async function listStudents(places: Places): Promise<ShownStudent[]> {
  const ids = [...places.runs.since('').map(({ id }) => id), ...taughtStudents(places.workspace.taught)];
  const students = await Promise.all(ids.map((id) => readStudent(places, id)));
  return students.filter((student) => student !== undefined).sort((a, b) => (a.created < b.created ? 1 : -1));
}

/**
 * A student; undefined when there is none that can be read.
 *
 * @throws {Problem} when there is no such run, or the id leads elsewhere
 */
export async function readStudent(places: Places, id: string): Promise<ShownStudent | undefined> {
  const place = placeOf(places, id);
  const description = await describedIn(place.path);
  if (!description) return undefined;
  const { origin, name, folder, path } = place;
  const { kind, preset, files } = description;
  const partner = partnerOf(place);
  return {
    id,
    origin,
    folder,
    name,
    kind,
    input: kind === 'classifier' ? description.input : 'text',
    preset,
    labels: kind === 'classifier' ? description.labels : [],
    ...(partner && { partner }),
    created: statSync(join(path, 'student.json')).mtime.toISOString(),
    bytes: statSync(join(path, files.model)).size,
    metrics: origin.kind === 'runs' ? metricsOf(places.runs, id) : [],
    files: readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
      .map((entry) => ({ name: entry.name, bytes: statSync(join(path, entry.name)).size })),
  };
}

/**
 * The path of a student's file.
 *
 * @throws {Problem} when there is no such file
 */
export function studentFile(places: Places, id: string, name: string): string {
  if (name.includes('/')) throw new Problem(404, `no such file: ${name}`);
  return existingPath(places.workspace.root, `${placeOf(places, id).folder}/${name}`);
}

function placeOf({ runs, workspace }: Places, id: string): Place {
  const taught = taughtPlace(id);
  if (taught) {
    const { result, folder } = taught;
    const path = existingPath(workspace.root, folder);
    const parts = folder.split('/').slice(2);
    const name = [result, ...parts.filter((part) => part !== 'student')].join(' ');
    return { id, origin: { kind: 'taught', id: result }, folder, name, path };
  }
  const path = studentFolder(runs.path(id));
  return {
    id,
    origin: { kind: 'runs', id },
    folder: `runs/${id}/student`,
    name: runs.summary(id).name,
    path,
  };
}

const sides = { query: 'passage', passage: 'query' } as const;

/** Methods write `query-student` and `passage-student` where the two have encoders of their own. */
function partnerOf({ id, path }: Place): ShownStudent['partner'] {
  const [ending, own] = /(query|passage)-student$/.exec(id) ?? [];
  if (ending === undefined) return undefined;
  const side = sides[own as keyof typeof sides];
  const exists = existsSync(join(path, '..', `${side}-student`, 'student.json'));
  return exists ? { side, id: `${id.slice(0, -ending.length)}${side}-student` } : undefined;
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
  const { milliseconds } = assessment.costs;
  return [
    ...assessment.figures,
    ...(milliseconds === undefined ? [] : [{ name: 'milliseconds', value: milliseconds }]),
  ];
}
