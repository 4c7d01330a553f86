import { setImmediate as turn } from 'node:timers/promises';
import { codeWords, embedder, learnMeaning, type Meaning, nearestCodes, signCode } from 'tutelage/papers';
import { z } from 'zod';
import type { Database } from '../store/database.js';
import { bodyOf, paperColumns, paperRow } from './rows.js';

/** Finds papers by what they mean. */
export interface Meanings {
  /** The vector of a text, or undefined when it has no word that is known. */
  embed(text: string): Float32Array | undefined;
  /** Ids of about `count` papers whose vectors are nearest, the nearest first by a coarse measure. */
  near(vector: Float32Array, count: number): number[];
  /** Learns again when there are many more papers, and gives those a vector that have none. */
  refresh(): Promise<void>;
}

/** Most papers that are learned from: it takes two seconds, in which the server does nothing else. */
const maxLearned = 2000;
/** Learned again when there are so many times the papers. */
const growth = 1.5;
const chunk = 100;

export function meaningsOf(db: Database): Meanings {
  let embed: ((text: string) => Float32Array) | undefined;
  let codes: { readonly ids: number[]; readonly codes: Uint32Array } | undefined;
  let refreshing: Promise<void> = Promise.resolve();

  const embedding = () => {
    const meaning = embed ? undefined : loadMeaning(db);
    if (meaning) embed = embedder(meaning);
    return embed;
  };

  const refresh = async (): Promise<void> => {
    const count = Number(db.get('SELECT count(*) AS n FROM papers')!.n);
    const learned = Number(db.get('SELECT papers FROM meaning')?.papers ?? 0);
    if (count >= growth * learned && count > 0) {
      const meaning = learnMeaning(sampleOf(db, count));
      embed = embedder(meaning);
      db.transaction(() => {
        saveMeaning(db, meaning, count);
        db.run('DELETE FROM paper_meanings');
      });
    }
    for (;;) {
      const rows = db
        .all(
          `SELECT ${paperColumns} FROM papers WHERE id NOT IN (SELECT paper FROM paper_meanings) LIMIT ?`,
          chunk,
        )
        .map(paperRow);
      if (rows.length === 0) break;
      db.transaction(() => {
        for (const row of rows) {
          const vector = embedding()!(`${row.title}\n${bodyOf(row)}`);
          db.run(
            'INSERT INTO paper_meanings (paper, vector, code) VALUES (?, vector8(?), ?)',
            row.id,
            bytesOf(vector),
            bytesOf(signCode(vector)),
          );
        }
      });
      await turn();
    }
    codes = undefined;
  };

  return {
    embed(text) {
      const vector = embedding()?.(text);
      return vector?.some((value) => value !== 0) ? vector : undefined;
    },
    near(vector, count) {
      codes ??= loadCodes(db);
      const { ids } = codes;
      return nearestCodes(codes.codes, signCode(vector), count).map((i) => ids[i]!);
    },
    refresh() {
      refreshing = refreshing.then(refresh, refresh);
      return refreshing;
    },
  };
}

/** Texts of papers, evenly from all of them. */
function sampleOf(db: Database, count: number): string[] {
  const step = Math.ceil(count / maxLearned);
  return db
    .all(`SELECT ${paperColumns} FROM papers WHERE id % ? = 0`, step)
    .map(paperRow)
    .map((row) => `${row.title}\n${bodyOf(row)}`);
}

function saveMeaning(db: Database, { terms, weights, vectors, mean }: Meaning, papers: number): void {
  db.run(
    'INSERT OR REPLACE INTO meaning (id, papers, terms, weights, vectors, mean) VALUES (1, ?, ?, ?, ?, ?)',
    papers,
    JSON.stringify(terms),
    bytesOf(weights),
    bytesOf(vectors),
    bytesOf(mean),
  );
}

function loadMeaning(db: Database): Meaning | undefined {
  const row = db.get('SELECT terms, weights, vectors, mean FROM meaning');
  return (
    row && {
      terms: z.array(z.string()).parse(JSON.parse(String(row.terms))),
      weights: new Float32Array(row.weights as ArrayBuffer),
      vectors: new Int8Array(row.vectors as ArrayBuffer),
      mean: new Float32Array(row.mean as ArrayBuffer),
    }
  );
}

function loadCodes(db: Database) {
  const rows = db.all('SELECT paper, code FROM paper_meanings');
  const codes = new Uint32Array(rows.length * codeWords);
  for (const [i, { code }] of rows.entries()) codes.set(new Uint32Array(code as ArrayBuffer), i * codeWords);
  return { ids: rows.map(({ paper }) => Number(paper)), codes };
}

/** A view of the array's bytes, in the machine's order, which is that of every machine that Node runs on but a few. */
export function bytesOf(array: Float32Array | Int8Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
