import type { Costs } from '../../assessment/economy-schema.js';
import type { MeasuredReport } from '../../assessment/measured-report-schema.js';
import { studentFolder } from '../../runs/run.js';
import type { CardFacts } from '../../students/model-card.js';
import { countParameters } from '../../students/predictor.js';
import type { Shipped } from '../../students/write-student.js';
import type { Distilled, ReadData, TeachingContext } from './assignment.js';
import { trainingCosts } from './costs.js';
import { measuredFacts } from './facts.js';
import { keepReport } from './files.js';

/** How a student without classes is shipped and tried. */
export interface ShippingSteps<Loaded> {
  readonly params: Parameters<typeof countParameters>[0]['params'];
  readonly ship: (folder: string, facts: CardFacts) => Promise<Shipped>;
  /** Opens what was shipped, on one thread. */
  readonly load: (folder: string) => Promise<Loaded>;
  /** What its answers take. */
  readonly answering: (loaded: Loaded) => Promise<Costs>;
}

/** Ships a student without classes, and keeps the report on it with what the shipped form costs. */
export async function shipMeasured<Loaded extends { dispose(): Promise<void> }>(
  context: TeachingContext,
  data: ReadData,
  report: MeasuredReport,
  { params, ship, load, answering }: ShippingSteps<Loaded>,
): Promise<Distilled> {
  const folder = studentFolder(context.run.path);
  const shipped = await ship(folder, measuredFacts(context, data, report));
  const loaded = await load(folder);
  const costs: Costs = {
    parameters: countParameters({ params }),
    bytes: shipped.float32.bytes,
    ...(await answering(loaded)),
    ...trainingCosts(context.run),
  };
  await loaded.dispose();
  const arms = report.arms.map((arm) => (arm.id === 'student' ? { ...arm, costs } : arm));
  return { report: keepReport(context.run, { ...report, arms }), shipped };
}
