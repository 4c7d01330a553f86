import type { Costs } from '../assessment/economy-schema.js';
import type { StudentReport } from '../assessment/report-schema.js';
import { decimal, percent, shareRange } from '../assessment/wording.js';
import { type AnyArmId, armNames } from './arms.js';
import { html, type Markup } from './html.js';
import { formatBytes, formatCount, formatDollars, formatMilliseconds, formatRate } from './quantities.js';

/** The value and, below it, its interval; undefined where it is not known. */
type Cell = readonly [value: string, range?: string] | undefined;

/** The models of a report side by side: what is known of at least one, in the order of its importance. */
interface ComparedArms {
  readonly arms: readonly { readonly id: AnyArmId; readonly title: string }[];
  /** With a cell for each arm. */
  readonly facts: readonly { readonly heading: string; readonly cells: readonly Cell[] }[];
}

export function comparedArms(report: StudentReport): ComparedArms {
  const costs = costFacts(report.arms.map((arm) => arm.costs));
  if (report.kind === 'classification') {
    const { arms } = report;
    const quality = [
      {
        heading: 'Accuracy',
        cells: arms.map(({ accuracy }): Cell => [percent(accuracy.estimate), shareRange(accuracy)]),
      },
      {
        heading: 'Macro F1',
        cells: arms.map(({ macroF1 }): Cell => [percent(macroF1.estimate), shareRange(macroF1)]),
      },
    ];
    return { arms, facts: [...quality, ...costs] };
  }
  const { arms } = report;
  const quality = arms[0]!.measures.map(({ name }, i) => ({
    heading: name,
    cells: arms.map(({ measures }): Cell => {
      const { estimate, low, high } = measures[i]!;
      return [decimal(estimate, 3), `${decimal(low, 3)}–${decimal(high, 3)}`];
    }),
  }));
  return { arms, facts: [...quality, ...costs] };
}

function costFacts(costs: readonly Costs[]): ComparedArms['facts'] {
  const fact = (heading: string, name: keyof Costs, format: (value: number) => string) => ({
    heading,
    cells: costs.map((of): Cell => (of[name] === undefined ? undefined : [format(of[name])])),
  });
  const seconds = (value: number) => formatMilliseconds(1000 * value);
  return [
    fact('Parameters', 'parameters', formatCount),
    fact('Size', 'bytes', formatBytes),
    fact('Latency', 'milliseconds', formatMilliseconds),
    fact('Throughput', 'examplesPerSecond', (rate) => `${formatRate(rate)}/s`),
    fact('CPU per 1,000', 'cpuSecondsPerThousand', seconds),
    fact('Cost per 1,000', 'dollarsPerThousand', formatDollars),
    fact('Training', 'trainingSeconds', seconds),
  ].filter(({ cells }) => cells.some((cell) => cell !== undefined));
}

/** The comparison as a table, an arm a column. */
export function comparison(report: StudentReport): Markup {
  const { arms, facts } = comparedArms(report);
  return html`<div class="scroll" role="region" aria-label="Comparison of the models" tabindex="0"><table>
<thead><tr><td></td>${arms.map(
    ({ id, title }) =>
      html`<th scope="col" class="number head"><span class="arm ${id}">${armNames[id]}</span><span class="range">${title}</span></th>`,
  )}</tr></thead>
<tbody>${facts.map(
    ({ heading, cells }) => html`<tr><th scope="row">${heading}</th>${cells.map(valueCell)}</tr>`,
  )}</tbody>
</table></div>`;
}

function valueCell(value: Cell): Markup {
  if (value === undefined) return html`<td class="number"><span aria-label="not known">–</span></td>`;
  const [text, range] = value;
  return html`<td class="number">${text}${range !== undefined && html`<span class="range">${range}</span>`}</td>`;
}
