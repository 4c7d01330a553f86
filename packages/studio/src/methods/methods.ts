import type { AnyMethodFile } from 'tutelage/claims';
import { isMethodId, loadMethod, methodIds } from 'tutelage/methods';
import { catalogue } from 'tutelage/papers';
import { z } from 'zod';
import type { FormSchema, ShownMethod } from '../api/index.js';
import { Problem } from '../problems/problem.js';
import type { Reproductions } from './reproductions.js';

/** All methods as the studio shows them, in the order of their papers' cards. */
export async function listMethods(reproductions: Reproductions): Promise<ShownMethod[]> {
  const files = await Promise.all(methodIds.map((id) => loadMethod(id) as Promise<AnyMethodFile>));
  return files.map((file) => shownMethod(file, reproductions)).sort((a, b) => a.paper.card - b.paper.card);
}

/** @throws {Problem} when there is no such method */
export async function methodFile(id: string): Promise<AnyMethodFile> {
  if (!isMethodId(id)) throw new Problem(404, `no such method: ${id}`);
  return loadMethod(id);
}

export function shownMethod(file: AnyMethodFile, reproductions: Reproductions): ShownMethod {
  const { method, claim, data, cost, reading } = file;
  const { id, room, teaches, paper, params } = method;
  const { statement, fails, published, arms, seeds, budget } = claim;
  return {
    id,
    room,
    teaches,
    paper: {
      id: catalogue[paper.card]?.arxiv ?? String(paper.card),
      title: paper.title,
      year: paper.year,
      card: paper.card,
    },
    data,
    cost,
    reading,
    claim: {
      statement,
      fails,
      published,
      arms: arms.map((arm) => ({ id: arm.id, title: arm.title })),
      seeds: seeds.length,
      budget,
    },
    parameters: formOf(params),
    reproductions: reproductions.of(id),
  };
}

/** The JSON Schema of what a form asks for: fields with a default may be left out. */
export function formOf(params: z.ZodObject): FormSchema {
  return z.toJSONSchema(params, { io: 'input', unrepresentable: 'any' }) as FormSchema;
}

/** How many trials a method's reproduction has. */
export function trialsOf({ claim }: AnyMethodFile): number {
  return claim.arms.length * claim.seeds.length;
}
