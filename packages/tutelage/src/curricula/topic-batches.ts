import type { random } from '@tutelage/engine';
import { oneOf, uniformDraws } from './draws.js';

export interface TopicBatchOptions {
  /** Members of each topic; none is empty, and none belongs to two. */
  readonly topics: readonly (readonly number[])[];
  readonly batchSize: number;
  /** Topics that a batch is made of. */
  readonly topicsPerBatch: number;
  /**
   * How topics are chosen: `proportional` to their size, so that all members come equally often, or `uniform`, as in the authors'
   * code, where members of large topics are hardly seen.
   */
  readonly draw: 'proportional' | 'uniform';
}

/**
 * Topic-aware batches (Hofstätter et al. 2021, section 3.1): until a batch is full, a topic is drawn, and of its members that are not
 * in the batch yet as many as make the topic's share of the batch, without replacement; all of them where there are fewer.
 *
 * @returns a function that draws the batch of a key: members, each at most once; fewer than `batchSize` only where there are no more
 */
export function topicBatches(options: TopicBatchOptions): (key: random.Key) => number[] {
  const { topics, topicsPerBatch, draw } = options;
  const members = topics.flat();
  const topicOf = new Map(topics.flatMap((topic) => topic.map((member) => [member, topic] as const)));
  const batchSize = Math.min(options.batchSize, members.length);
  const share = Math.ceil(batchSize / topicsPerBatch);
  return (key) => {
    const next = uniformDraws(key);
    const batch = new Set<number>();
    while (batch.size < batchSize) {
      const topic = draw === 'uniform' ? oneOf(topics, next) : topicOf.get(oneOf(members, next))!;
      const left = topic.filter((member) => !batch.has(member));
      const wanted = Math.min(share, left.length, batchSize - batch.size);
      for (let taken = 0; taken < wanted; taken++) {
        const [member] = left.splice(Math.floor(next() * left.length), 1);
        batch.add(member!);
      }
    }
    return [...batch];
  };
}
