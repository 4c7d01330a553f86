import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { UserError } from '../../core/errors.js';
import { alloprofRelations } from './alloprof-subjects.js';
import type { Widening } from './possible.js';

const schema = z.record(z.string(), z.array(z.string()));

/**
 * Which subjects' questions a subject's pages may answer as well.
 *
 * @param choice `none`, `alloprof` for its table, or the path of a JSON file of lists by subject
 * @throws {UserError} when the file can't be read, or holds something else
 */
export async function relationsNamed(choice: string): Promise<Widening['relations']> {
  if (choice === 'none') return {};
  if (choice === 'alloprof') return alloprofRelations;
  try {
    return schema.parse(JSON.parse(await readFile(choice, 'utf8')));
  } catch (cause) {
    throw new UserError(`not a file of related subjects: ${choice}`, {
      hint: 'related is none, alloprof, or a JSON file such as {"math": ["physics"]}',
      cause,
    });
  }
}
