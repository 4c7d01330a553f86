import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../core/errors.js';
import { explained } from '../runs/file-errors.js';
import { analyzer } from '../search/analyzer.js';
import { characterAnalyzer } from '../search/character-analyzer.js';
import { bestOf } from '../search/hits.js';
import type { Vectors } from '../search/vectors.js';
import { possibleDocuments } from '../tasks/help-desk/possible.js';
import { loadRetriever } from './load-retriever.js';
import { fusedScores, type PageScores, scoresByTerms, scoresByVectors } from './page-scores.js';

/** Ways of finding pages: by words, by character n-grams, by a taught encoder, by the last two together. */
export const suggestionSystems = ['bm25-words', 'bm25-characters', 'encoder', 'fused'] as const;

export type SuggestionSystem = (typeof suggestionSystems)[number];

const settingsSchema = z.object({
  system: z.enum(suggestionSystems),
  /** Scores below it are not suggested. */
  threshold: z.number(),
  relations: z.record(z.string(), z.array(z.string()).readonly()),
  gradesBelow: z.int().min(0),
  gradesAbove: z.int().min(0),
});

/** How suggestions are made; `suggest.json`. */
export type SuggestionSettings = z.output<typeof settingsSchema>;

const rowSchema = z.object({
  id: z.string(),
  is_query: z.boolean(),
  is_target: z.boolean(),
  title: z.string(),
  text: z.string(),
  subjects: z.array(z.string()),
  grades: z.array(z.number()),
  language: z.string().optional(),
});

export interface Suggestion {
  readonly id: string;
  readonly title: string;
  readonly score: number;
}

/** Who asks, where it is known. */
export interface Asker {
  readonly subject?: string | undefined;
  readonly grade?: number | undefined;
  readonly language?: string | undefined;
}

/** Suggests pages for questions. */
export interface Suggestions {
  readonly system: SuggestionSystem;
  /** The best documents that are possible, best first; none below the threshold. */
  suggest(question: string, asker: Asker, count: number): Promise<Suggestion[]>;
  dispose(): Promise<void>;
}

/** The scores of a system, from the documents' texts and, for those that use it, the encoder. */
export function systemScores(
  system: SuggestionSystem,
  texts: readonly string[],
  dense: () => PageScores,
): PageScores {
  if (system === 'bm25-words') return scoresByTerms(texts, analyzer());
  const characters = () => scoresByTerms(texts, characterAnalyzer);
  if (system === 'bm25-characters') return characters();
  return system === 'encoder' ? dense() : fusedScores(characters(), dense());
}

/** Whether a folder holds what {@link openSuggestions} opens. */
export function hasSuggestions(folder: string): boolean {
  return existsSync(join(folder, 'suggest.json'));
}

/**
 * Opens what a method wrote for a help desk: `suggest.json`, `table.jsonl` and the encoder in `student`.
 *
 * @throws {UserError} when it is missing or damaged
 */
export async function openSuggestions(
  folder: string,
  options: Parameters<typeof loadRetriever>[1] = {},
): Promise<Suggestions> {
  const read = <T>(name: string, schema: z.ZodType<T>): T => {
    const path = join(folder, name);
    const text = explained('read suggestions', path, () => readFileSync(path, 'utf8'));
    try {
      const content: unknown = name.endsWith('.jsonl')
        ? text
            .trimEnd()
            .split('\n')
            .map((line) => JSON.parse(line))
        : JSON.parse(text);
      return schema.parse(content);
    } catch (cause) {
      throw new UserError(`not suggestions, or damaged: ${path}`, { hint: 'teach them again', cause });
    }
  };
  const settings = read('suggest.json', settingsSchema);
  const documents = read('table.jsonl', z.array(rowSchema)).filter((row) => row.is_target);
  const texts = documents.map(({ text }) => text);
  const usesEncoder = settings.system === 'encoder' || settings.system === 'fused';
  const encoder = usesEncoder ? await loadRetriever(join(folder, 'student'), options) : undefined;
  const embed = async (some: readonly string[]) => joined(await encoder!.embed(some));
  const vectors = encoder && (await embed(texts));
  const scoresOf = systemScores(settings.system, texts, () => scoresByVectors(vectors!, embed));
  const possible = possibleDocuments(
    documents.map((row) => ({ ...row, language: row.language, isPage: !row.is_query })),
    settings,
  );
  return {
    system: settings.system,
    async suggest(question, { subject, grade, language }, count) {
      const open = possible({
        subjects: subject === undefined ? [] : [subject],
        grades: grade === undefined ? [] : [grade],
        language,
      });
      const [scores] = await scoresOf([question]);
      const best = bestOf(
        open.map((place) => scores![place]!),
        count,
      );
      return Array.from(best.rows, (place, i) => {
        const { id, title } = documents[open[place]!]!;
        return { id, title, score: best.scores[i]! };
      }).filter(({ score }) => score >= settings.threshold);
    },
    dispose: async () => encoder?.dispose(),
  };
}

function joined(rows: readonly Float32Array[]): Vectors {
  const width = rows[0]?.length ?? 1;
  const data = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    data.set(row, i * width);
  });
  return { data, width };
}
