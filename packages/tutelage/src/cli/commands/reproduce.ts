import { z } from 'zod';
import { decimal } from '../../assessment/wording.js';
import { claimId } from '../../claims/define-claim.js';
import { reproduce, smokeRun } from '../../claims/reproduce.js';
import type { Figures, Reproduction } from '../../claims/reproduction.js';
import { executeHere } from '../../claims/trials.js';
import { given } from '../../core/given.js';
import { reproductionPlot } from '../../report/reproduction-plot.js';
import { interruptible } from '../../runs/interrupt.js';
import { defineCommand } from '../command.js';
import { usageError } from '../errors.js';
import { claimNamed } from '../method-named.js';
import { table } from '../table.js';
import { trialProcesses } from '../trial-processes.js';

export const command = defineCommand({
  name: 'reproduce',
  summary:
    "Runs the experiment of a method's claim, and says whether the claim holds. It can be interrupted and goes on when called again.",
  params: z.object({
    method: z.string().describe('id of the method, or of a further claim that `tutelage show` lists'),
    seeds: z.int().min(1).optional().describe('only so many of the seeds: nothing is judged then'),
    quick: z.boolean().default(false).describe('a smoke run of seconds, which is not judged or kept'),
    jobs: z.int().min(1).max(256).default(1).describe('processes at a time'),
    out: z.string().default('reproductions').describe('folder of the record and its plot'),
  }),
  positional: ['method'],
  examples: ['tutelage reproduce alp-gmm --quick', 'tutelage reproduce alp-gmm --jobs 4'],
  async run({ method: name, seeds, quick, jobs, out }, io) {
    if (quick && (seeds !== undefined || jobs > 1)) {
      throw usageError('--quick has seeds and a process of its own', 'leave --seeds and --jobs out');
    }
    const claim = await claimNamed(name);
    const progress = io.progress(false);
    await interruptible(async (signal) => {
      if (quick) {
        const figures = await smokeRun(claim, { progress, signal });
        if (figures) for (const line of figureLines(figures)) io.print(line);
        io.say('a smoke run: it shows that the experiment runs, and nothing about the claim');
        return;
      }
      io.say(`claim: ${claim.statement}`);
      const processes = jobs > 1 ? trialProcesses(claimId(claim)) : undefined;
      try {
        const result = await reproduce(claim, {
          folder: out,
          ...given({ seeds }),
          jobs,
          execute: processes?.execute ?? executeHere(claim.arms),
          plot: reproductionPlot,
          progress,
          signal,
        });
        if (result.outcome === 'interrupted') {
          io.say(`${result.done} of ${result.total} are done; the same command goes on`);
        } else if (result.outcome === 'unjudged') {
          for (const line of figureLines(result.figures)) io.print(line);
          io.say(`not judged: the claim states ${claim.seeds.length} seeds; without --seeds the rest is run`);
        } else {
          const { reproduction, path } = result;
          for (const line of [...figureLines(reproduction), ...partLines(reproduction)]) io.print(line);
          io.print(`verdict: ${reproduction.verdict}`);
          io.say(`${path}, ${reproduction.cpuMinutes} CPU minutes`);
          if (reproduction.cpuMinutes > claim.budget)
            io.say(`warning: over the claim's ${claim.budget} minutes`);
        }
      } finally {
        processes?.stop();
      }
    });
  },
});

function figureLines({ arms }: Figures): string[] {
  const rows = arms.map(({ id, mean, lead }) => [
    id,
    decimal(mean, 4),
    lead ? `${decimal(lead.estimate, 4)} (${decimal(lead.low, 4)} to ${decimal(lead.high, 4)})` : '',
  ]);
  return table(['arm', 'mean', 'lead (95 %)'], rows);
}

function partLines({ metric, parts = [] }: Reproduction): string[] {
  if (parts.length === 0) return [];
  const rows = parts.map(({ statement, figure, lead, verdict }) => [
    statement,
    (figure ?? metric).name,
    `${decimal(lead.estimate, 4)} (${decimal(lead.low, 4)} to ${decimal(lead.high, 4)})`,
    verdict,
  ]);
  return table(['part of the claim', 'figure', 'lead (95 %)', 'verdict'], rows);
}
