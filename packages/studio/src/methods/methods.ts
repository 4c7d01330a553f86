import { type AnyMethodFile, claimId, claimsOf, type StatedClaim } from 'tutelage/claims';
import { isMethodId, loadMethod, methodIds } from 'tutelage/methods';
import { catalogue } from 'tutelage/papers';
import { z } from 'zod';
import type { FormSchema, ShownClaim, ShownMethod } from '../api/index.js';
import { found, Problem } from '../problems/problem.js';
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

/** @throws {Problem} when there is no such claim */
export async function claimOf(id: string): Promise<StatedClaim> {
  // A further experiment has a name after its method's.
  const names = methodIds.filter((method) => `${id}-`.startsWith(`${method}-`));
  const files = await Promise.all(names.map((name) => loadMethod(name) as Promise<AnyMethodFile>));
  return found(
    files.flatMap(claimsOf).find((claim) => claimId(claim) === id),
    `claim: ${id}`,
  );
}

/** How many trials a claim's reproduction has. */
export function trialsOf({ arms, seeds }: StatedClaim): number {
  return arms.length * seeds.length;
}

export function shownMethod(file: AnyMethodFile, reproductions: Reproductions): ShownMethod {
  const { method, claim, data, cost, reading, further = [] } = file;
  const { id, room, teaches, paper, params } = method;
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
    parameters: formOf(params),
    claims: [{ claim, reading }, ...further].map((one) => shownClaim(one.claim, one.reading, reproductions)),
  };
}

function shownClaim(claim: StatedClaim, reading: string, reproductions: Reproductions): ShownClaim {
  const { statement, fails, published, arms, seeds, budget } = claim;
  const id = claimId(claim);
  return {
    id,
    statement,
    fails,
    published,
    reading,
    arms: arms.map((arm) => ({ id: arm.id, title: arm.title })),
    seeds: seeds.length,
    budget,
    reproductions: reproductions.of(id),
  };
}

/** The JSON Schema of what a form asks for: fields with a default may be left out. */
export function formOf(params: z.ZodObject): FormSchema {
  return z.toJSONSchema(params, { io: 'input', unrepresentable: 'any' }) as FormSchema;
}
