import { z } from 'zod';
import { claimId } from '../../claims/define-claim.js';
import { claimsOf } from '../../claims/method-file.js';
import { defineCommand } from '../command.js';
import { fieldOf, valueText } from '../flags.js';
import { methodNamed } from '../method-named.js';
import { table } from '../table.js';

export const command = defineCommand({
  name: 'show',
  summary:
    'Tells what a method is for, its parameters with their values in the paper, what it needs, and its claim.',
  params: z.object({ method: z.string().describe('id of the method') }),
  positional: ['method'],
  examples: ['tutelage show alp-gmm'],
  async run({ method: name }, io) {
    const file = await methodNamed(name);
    const { method, data, cost } = file;
    const claims = claimsOf(file);
    const { id, paper, teaches, params } = method;
    const arxiv = paper.arxiv === undefined ? '' : `, arXiv ${paper.arxiv}`;
    io.print(`${id}: ${paper.title} (${paper.year}${arxiv})`);
    io.print('');
    io.print(`teaches  ${teaches}`);
    io.print(`data     ${data}`);
    io.print(`cost     ${cost}`);
    io.print('');
    const rows = Object.entries(params.shape).map(([key, type]) => {
      const { default: value, description, choices } = fieldOf(key, type as z.ZodType);
      return [
        key,
        valueText(value),
        choices.length > 0 ? `${description} (${choices.join(', ')})` : description,
      ];
    });
    for (const line of table(['parameter', 'paper', ''], rows)) io.print(line);
    io.print('');
    for (const claim of claims) {
      io.print(`claim    ${claim.statement}`);
      for (const part of claim.parts ?? []) io.print(`         ${part.statement}`);
      io.print(`fails    ${claim.fails}`);
      io.print(`paper    ${claim.published}`);
      io.print(`arms     ${claim.arms.map((arm) => `${arm.id} (${arm.title})`).join(', ')}`);
      io.print(`seeds    ${claim.seeds.length}, at most ${claim.budget} CPU minutes together`);
      io.print('');
    }
    for (const claim of claims) io.print(`tutelage reproduce ${claimId(claim)}`);
    io.print(`tutelage teach ${id} --data ...`);
  },
});
