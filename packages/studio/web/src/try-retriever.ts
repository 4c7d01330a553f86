import { restoreFeaturizer } from 'tutelage/featurizers';
import { openModel } from './open-model.js';
import { type RankedPassage, ranked } from './ranking.js';

/** A retriever at work in the page. */
export interface OpenRetriever {
  /** The passages by how well they answer a query, the best first. */
  rank(query: string, passages: readonly string[]): Promise<RankedPassage[]>;
}

/** What the page needs of `student.json`. */
interface Description {
  readonly width: number;
  readonly featurizer: Parameters<typeof restoreFeaturizer>[0];
  readonly files: { readonly model: string };
}

type Embed = (texts: readonly string[]) => Promise<Float32Array[]>;

/**
 * Loads a retriever's files, and the runtime.
 *
 * @param query the student that embeds queries
 * @param passage that of passages: mostly the same
 */
export async function openRetriever(query: string, passage: string): Promise<OpenRetriever> {
  const embedQuery = await openEncoder(query);
  const embedPassages = passage === query ? embedQuery : await openEncoder(passage);
  return {
    async rank(text, passages) {
      const [own] = await embedQuery([text]);
      return ranked(own!, passages, await embedPassages(passages));
    },
  };
}

async function openEncoder(id: string): Promise<Embed> {
  const { description, read, run } = await openModel<Description>(id);
  const restored = await restoreFeaturizer(description.featurizer, read);
  if (restored.input !== 'text') throw new Error('the student does not take texts');
  const { featurizer } = restored;
  const { width } = description;
  return async (texts) => {
    const embeddings = await run(featurizer.batch([...texts]), 'embeddings');
    return texts.map((_, i) => embeddings.slice(i * width, (i + 1) * width));
  };
}
