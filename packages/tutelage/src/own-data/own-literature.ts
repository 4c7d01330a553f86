import { readFileSync } from 'node:fs';
import { random } from '@tutelage/engine';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { explained } from '../runs/file-errors.js';
import { copiedShare, keyPhrases, phrasesIn } from '../search/key-phrases.js';
import { latentSemantics } from '../search/latent-semantics.js';
import { type Background, indexLiterature, type LiteratureIndex } from '../search/literature.js';
import { readPlan } from '../tasks/language-files.js';
import { entityName, readPapersFile, type UserPaper } from '../tasks/papers-file.js';

/** What a user gives to be told what to read and what to try. */
export interface OwnLiterature {
  readonly papers: readonly UserPaper[];
  /** What is to be solved, and what present methods lack. */
  readonly background: string;
  readonly entities: readonly string[];
  readonly embedding: readonly number[] | undefined;
  readonly warnings: readonly string[];
}

const planSchema = z
  .strictObject({
    papers: z.string(),
    background: z.string().optional(),
    backgroundFile: z.string().optional(),
    entities: z.array(z.string().trim().min(1)).default([]),
    embedding: z.array(z.number()).min(1).optional(),
  })
  .refine((plan) => (plan.background === undefined) !== (plan.backgroundFile === undefined), {
    message: 'give background (a text) or backgroundFile, and not both',
  });

const fewPapers = 20;

/**
 * Reads a JSON file with a `background` (or a `backgroundFile`) and the file of `papers`, perhaps `entities` and the `embedding` of the
 * background.
 *
 * @throws {UserError} where something can't be read, the background is empty, or embeddings are of different lengths or partly missing
 */
export async function readOwnLiterature(path: string): Promise<OwnLiterature> {
  const { plan, at } = await readPlan(path, planSchema);
  const papers = await readPapersFile(at(plan.papers));
  const background = (plan.background ?? textOf(at(plan.backgroundFile!))).trim();
  if (background === '') {
    throw new UserError(`the background is empty: ${path}`, {
      hint: 'say what is to be solved, and what present methods lack',
    });
  }
  checkEmbeddings(papers, plan.embedding);
  const ids = new Set(papers.map(({ id }) => id));
  const isCited = papers.some(({ references }) => references.some((id) => ids.has(id)));
  const bare = papers.filter(({ abstract }) => abstract === '').length;
  const warnings = [
    ...(papers.length < fewPapers ? [`few papers: ${papers.length}: there is little to be found`] : []),
    ...(isCited ? [] : ['no reference is to one of the papers: co-citation finds nothing']),
    ...(bare === 0 ? [] : [`${bare} of ${papers.length} papers have no abstract`]),
  ];
  const entities = plan.entities.map(entityName);
  return { papers, background, entities, embedding: plan.embedding, warnings };
}

function textOf(path: string): string {
  return explained('read the background', path, () => readFileSync(path, 'utf8'));
}

function checkEmbeddings(papers: readonly UserPaper[], background: readonly number[] | undefined): void {
  const width = [background, ...papers.map(({ embedding }) => embedding)].find((one) => one)?.length;
  if (width === undefined) return;
  const wrong = papers.find(({ embedding }) => embedding?.length !== width);
  if (background === undefined || wrong) {
    const of = wrong ? `paper ${wrong.id}` : 'the background';
    const found = wrong?.embedding ? `${wrong.embedding.length} numbers` : 'none';
    throw new UserError(`embeddings do not match: ${of} has ${found}, others ${width}`, {
      hint: 'embed the background and all papers by the same model, or leave embeddings out',
    });
  }
}

/** Papers that can be searched, and the background as it is searched for. */
export interface OpenLiterature extends OwnLiterature {
  readonly index: LiteratureIndex;
  readonly query: Background;
  /** Entities of papers that stand in a text. */
  readonly entitiesOf: (text: string) => readonly string[];
}

/** Makes papers searchable: vectors by latent semantics where there are no embeddings, key phrases where there are no entities. */
export function openLiterature(
  own: OwnLiterature,
  { width }: { readonly width: number },
  say: (message: string) => void,
): OpenLiterature {
  const { papers, background } = own;
  const texts = papers.map(({ title, abstract }) => `${title}. ${abstract}`);
  const phrases = keyPhrases(texts);
  const entities = papers.map((paper, i) => (paper.entities.length > 0 ? paper.entities : phrases[i]!));
  const places = new Map(papers.map(({ id }, place) => [id, place]));
  const citedBy = papers.map(() => new Set<number>());
  papers.forEach(({ references }, citing) => {
    for (const id of references) {
      const cited = places.get(id);
      if (cited !== undefined && cited !== citing) citedBy[cited]!.add(citing);
    }
  });
  const { vectors, vector } = own.embedding
    ? givenVectors(papers, own.embedding)
    : latentVectors(texts, background, width);
  const index = indexLiterature({ vectors, entities, citedBy });
  const entitiesOf = (text: string) => phrasesIn(text, index.papersOf.keys());
  const query = { vector, entities: [...new Set([...own.entities, ...entitiesOf(background)])] };
  if (query.entities.length === 0) {
    say('warning: nothing in the background is an entity of a paper: search is by text and citations alone');
  }
  papers.forEach(({ id }, row) => {
    if (copiedShare(background, texts[row]!) > 0.5) {
      say(`warning: the background is taken from ${id}, which will be found first`);
    }
  });
  return { ...own, index, query, entitiesOf };
}

function latentVectors(texts: readonly string[], background: string, width: number) {
  try {
    const { vectors, embed } = latentSemantics(texts, { width, key: random.key('literature') });
    return { vectors, vector: embed(background) };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UserError('no two papers share a word', { hint: 'give papers of one subject, with abstracts' });
  }
}

function givenVectors(papers: readonly UserPaper[], background: readonly number[]) {
  const unit = (vector: readonly number[]) => {
    const length = Math.hypot(...vector) || 1;
    return vector.map((x) => x / length);
  };
  const data = Float32Array.from(papers.flatMap(({ embedding }) => unit(embedding!)));
  return { vectors: { data, width: background.length }, vector: Float32Array.from(unit(background)) };
}
