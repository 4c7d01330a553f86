import type { AnyMethodFile } from '../claims/method-file.js';

/** All methods by id. Each is loaded when it is used. */
const files = {
  'advantage-guided-distillation': async () =>
    (await import('./alignment/advantage-guided-distillation.js')).advantageGuidedDistillation,
  alloprof: async () => (await import('./retrieval/alloprof.js')).alloprof,
  'alp-gmm': async () => (await import('./curricula/alp-gmm.js')).alpGmm,
  ampo: async () => (await import('./reasoning/ampo.js')).ampo,
  collabstory: async () => (await import('./data/collabstory.js')).collabstory,
  cprd: async () => (await import('./retrieval/cprd.js')).cprd,
  'curriculum-designer': async () => (await import('./curricula/curriculum-designer.js')).curriculumDesigner,
  'curry-dpo': async () => (await import('./alignment/curry-dpo.js')).curryDpo,
  'cyclical-curriculum': async () => (await import('./curricula/cyclical-curriculum.js')).cyclicalCurriculum,
  dataenvgym: async () => (await import('./data/dataenvgym.js')).dataEnvGym,
  'dual-stage-mixed-finetuning': async () =>
    (await import('./curricula/dual-stage-mixed-finetuning.js')).dualStageMixedFinetuning,
  dualformer: async () => (await import('./distillation/dualformer.js')).dualformer,
  'dynamic-contrastive-distillation': async () =>
    (await import('./retrieval/dynamic-contrastive-distillation.js')).dynamicContrastiveDistillation,
  'fidelity-paradox': async () => (await import('./distillation/fidelity-paradox.js')).fidelityParadox,
  'knowledge-tracing': async () => (await import('./learners/knowledge-tracing.js')).knowledgeTracing,
  'label-assisted-distillation': async () =>
    (await import('./distillation/label-assisted-distillation.js')).labelAssistedDistillation,
  'mst-distill': async () => (await import('./distillation/mst-distill.js')).mstDistill,
  'pedagogical-alignment': async () =>
    (await import('./alignment/pedagogical-alignment.js')).pedagogicalAlignment,
  scipip: async () => (await import('./retrieval/scipip.js')).scipip,
  sight: async () => (await import('./data/sight.js')).sight,
  stat: async () => (await import('./data/stat.js')).stat,
  'tas-balanced': async () => (await import('./retrieval/tas-balanced.js')).tasBalanced,
  'teacher-hacking': async () => (await import('./distillation/teacher-hacking.js')).teacherHacking,
  'theory-of-mind-teacher': async () =>
    (await import('./dialogue/theory-of-mind-teacher.js')).theoryOfMindTeacher,
  vrailexia: async () => (await import('./learners/vrailexia.js')).vrailexia,
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
