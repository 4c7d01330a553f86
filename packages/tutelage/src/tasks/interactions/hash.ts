import { createHash } from 'node:crypto';
import type { Interactions } from './interactions.js';

/**
 * SHA-256 of answers as they are used: learners, questions, concepts, responses and order, whatever file they came from. Two results
 * under one hash are of the same answers.
 */
export function hashOfInteractions(data: Interactions): string {
  const hash = createHash('sha256');
  for (const names of [data.learners, data.questions, data.concepts]) hash.update(JSON.stringify(names));
  const columns = [data.offsets, data.question, data.conceptSet, data.response, data.first];
  for (const column of [...columns, ...data.conceptSets]) {
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
  return hash.digest('hex');
}
