import { percent } from '../../assessment/wording.js';
import { saveCausalModel } from '../../language/causal-model.js';
import { dpoCausal, pairAccuracy, pairLogs } from '../../students/causal-preferences.js';
import { holding } from '../distill/parts.js';
import { threadsOf } from '../student-in.js';
import { interrupted, referenceJournal, runOf } from './run.js';
import { pairsOf, type Tuning, trainingOf } from './tuning.js';

/** Direct preference optimisation on pairs of answers. */
export async function tuneByPreferences(tuning: Tuning): Promise<readonly string[]> {
  const { params, model, out, signal } = tuning;
  const { learned, held } = await pairsOf(tuning);
  const run = runOf(tuning, [...learned, ...held]);
  const session = { signal, ...threadsOf(params) };
  const before = await pairLogs(model, held, session);
  const reference = await holding(run, () =>
    pairLogs(model, learned, { ...session, journal: referenceJournal(run) }),
  );
  if (signal.aborted) return interrupted(run);
  const tuned = await dpoCausal({
    ...trainingOf(tuning, run),
    beta: params.beta,
    model,
    pairs: learned,
    reference,
  });
  if (signal.aborted) return [];
  await saveCausalModel(tuned, out);
  const after = await pairLogs(tuned, held, session);
  if (held.length === 0 || signal.aborted) return [out];
  return [
    `${held.length} held-out pairs: the better answer is likelier in ${percent(pairAccuracy(before))} before, ${percent(pairAccuracy(after))} after; it gained on the other in ${percent(pairAccuracy(after, before))}`,
    out,
  ];
}
