import { type AnnotatedComments, type Rating, readAnnotations } from './annotations.js';
import { fetchPublic } from './public.js';

/** The nine categories of SIGHT's rubric that its authors evaluate. */
export const sightCategories = [
  'setup',
  'non_english',
  'gratitude',
  'confusion',
  'clarification',
  'pedagogy',
  'general',
  'personal_experience',
  'na',
] as const;

export type SightCategory = (typeof sightCategories)[number];

/** How the authors asked: the version of each category's prompt that they publish results of. */
const versions = {
  'zero-shot': ['v0', 'v0', 'v1', 'v8', 'v1', 'v73d', 'v39', 'v46', 'v3'],
  'few-shot': ['v74', 'v74', 'v74', 'v74', 'v74', 'v73c', 'v74', 'v50', 'v74'],
  reasoning: ['v75', 'v75', 'v75', 'v75', 'v75', 'v75', 'v75', 'v75', 'v75'],
} as const;

export type SightVariant = keyof typeof versions;

export const sightVariants = Object.keys(versions) as readonly SightVariant[];

type ByCategory<T> = Readonly<Record<SightCategory, T>>;

/** The comments that two people labelled, and what a language model said of them; lists are in the order of the comments. */
export interface SightSample {
  readonly texts: readonly string[];
  readonly people: ByCategory<readonly (readonly Rating[])[]>;
  readonly model: Readonly<Record<SightVariant, ByCategory<readonly Rating[]>>>;
}

/** The categories in which the authors let the model label all comments. */
export const scaledCategories = ['setup', 'confusion', 'pedagogy'] as const;

export type ScaledCategory = (typeof scaledCategories)[number];

/** All comments with the model's labels. */
export interface SightCorpus {
  readonly texts: readonly string[];
  readonly labels: Readonly<Record<ScaledCategory, readonly Rating[]>>;
}

const personColumn = (person: string, category: SightCategory) => `annotator_${person}_${category}`;
const modelColumn = (variant: SightVariant, category: SightCategory) =>
  `annotator_openaichat_${versions[variant][sightCategories.indexOf(category)]}_${category}`;
const corpusColumns: Readonly<Record<ScaledCategory, string>> = {
  setup: 'annotator_openaichat_v0_setup',
  confusion: 'annotator_openaichat_v8_confusion',
  pedagogy: 'annotator_openaichat_v74_pedagogy',
};

/** @param path of `sample_dataset.csv`; the public one if not given */
export async function readSightSample(path?: string): Promise<SightSample> {
  const file = path ?? (await fetchPublic('sight')).get('sample_dataset.csv')!;
  const ratings = sightCategories.flatMap((category) => [
    ...['H1', 'H2'].map((person) => personColumn(person, category)),
    ...sightVariants.map((variant) => modelColumn(variant, category)),
  ]);
  const read = await readAnnotations(file, { comment: 'comment', context: [], ratings });
  return {
    texts: read.texts,
    people: byCategory((category) =>
      ['H1', 'H2'].map((person) => column(read, personColumn(person, category))),
    ),
    model: Object.fromEntries(
      sightVariants.map((variant) => [
        variant,
        byCategory((category) => column(read, modelColumn(variant, category))),
      ]),
    ) as SightSample['model'],
  };
}

/** @param path of `sight_dataset.csv`; the public one if not given */
export async function readSightCorpus(path?: string): Promise<SightCorpus> {
  const file = path ?? (await fetchPublic('sight')).get('sight_dataset.csv')!;
  const columns = { comment: 'comment', context: [], ratings: Object.values(corpusColumns) };
  const read = await readAnnotations(file, columns);
  const labels = scaledCategories.map((category) => [category, column(read, corpusColumns[category])]);
  return { texts: read.texts, labels: Object.fromEntries(labels) as SightCorpus['labels'] };
}

function column({ ratings }: AnnotatedComments, name: string): readonly Rating[] {
  return ratings.get(name)!;
}

function byCategory<T>(of: (category: SightCategory) => T): ByCategory<T> {
  return Object.fromEntries(sightCategories.map((category) => [category, of(category)])) as ByCategory<T>;
}
