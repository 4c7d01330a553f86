import type { AnyMethodFile } from '../claims/method-file.js';

/** All methods by id. Each is loaded when it is used. */
const files = {
  'alp-gmm': () => import('./curricula/alp-gmm.js').then(({ alpGmm }) => alpGmm),
  'cyclical-curriculum': () =>
    import('./curricula/cyclical-curriculum.js').then(({ cyclicalCurriculum }) => cyclicalCurriculum),
} satisfies Record<string, () => Promise<AnyMethodFile>>;

export type MethodId = keyof typeof files;

export const methodIds = Object.keys(files) as readonly MethodId[];

export function isMethodId(name: string): name is MethodId {
  return Object.hasOwn(files, name);
}

/** A method by its id, with the types of its parameters, input and output. */
export function loadMethod<Id extends MethodId>(id: Id): ReturnType<(typeof files)[Id]> {
  return files[id]() as ReturnType<(typeof files)[Id]>;
}
