import { UserError } from '../core/errors.js';
import type { SignalKind, SignalOf } from '../core/signal.js';
import type { Attempted, Teacher } from '../core/teacher.js';
import { startWatch, type Time } from '../runs/times.js';
import { signalKey } from './example-key.js';
import type { SignalKey } from './segment.js';
import { signalCodecs } from './signal-codec.js';
import type { SignalStore } from './signal-store.js';

export interface CaptureOptions {
  /** Examples that the teacher is asked for at once, and that a crash may lose; 256 unless told. */
  readonly batchSize?: number;
  /** Logits kept of more than 256 classes; 32 unless told. */
  readonly topK?: number;
  /** Called with what the teacher took for each batch whose signals were kept. */
  readonly onAsked?: (time: Time) => void;
}

/**
 * A teacher whose signals are captured: it is asked once for each example, and after a crash, an abort or in a later run only for
 * what is missing. All signals, new ones too, are as the store gives them back.
 *
 * Where the teacher has nothing to say nothing is kept, and it is asked again the next time.
 */
export function captured<I, A, K extends SignalKind>(
  teacher: Teacher<I, A, K>,
  store: SignalStore,
  { batchSize = 256, topK = 32, onAsked }: CaptureOptions = {},
): Teacher<I, A, K> {
  const codec = signalCodecs<I, A>(topK)[teacher.kind];
  const { kind, fingerprint } = teacher;

  const encode = ({ example }: Attempted<I, A>, signal: SignalOf<I, A>[K]): Uint8Array => {
    try {
      return codec.encode(signal);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      throw new UserError(`${error.message} (example ${example.id})`, { hint: error.hint });
    }
  };

  return {
    kind,
    fingerprint,
    async teach(examples, { signal, onProgress } = {}) {
      const keys = examples.map((example) => signalKey(teacher, example));
      const payloads = store.read(keys);
      const missing = new Map<SignalKey, Attempted<I, A>>();
      examples.forEach((example, i) => {
        if (!payloads[i] && !missing.has(keys[i]!)) missing.set(keys[i]!, example);
      });
      const queue = [...missing];
      let done = examples.length - queue.length;
      onProgress?.(done);
      for (let start = 0; start < queue.length; start += batchSize) {
        signal?.throwIfAborted();
        const batch = queue.slice(start, start + batchSize);
        const before = done;
        const watch = startWatch();
        const signals = await teacher.teach(
          batch.map(([, example]) => example),
          { ...(signal && { signal }), onProgress: (count) => onProgress?.(before + count) },
        );
        const took = { ...watch(), count: batch.length };
        store.append(
          batch.flatMap(([key, example], i) => {
            const given = signals[i];
            return given === undefined ? [] : [{ key, payload: encode(example, given) }];
          }),
        );
        onAsked?.(took);
        done += batch.length;
        onProgress?.(done);
      }
      const complete = queue.length === 0 ? payloads : store.read(keys);
      return complete.map((payload) => payload && codec.decode(payload));
    },
  };
}
