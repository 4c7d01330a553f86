import { z } from 'zod';
import { loadMethod, methodIds } from '../../methods/index.js';
import { defineCommand } from '../command.js';
import { table } from '../table.js';

export const command = defineCommand({
  name: 'methods',
  summary: 'Lists the methods of papers that can be reproduced and used.',
  params: z.object({
    query: z.string().optional().describe('words to look for in id, title, room and purpose'),
    json: z.boolean().default(false).describe('print the list as JSON'),
  }),
  positional: ['query'],
  async run({ query = '', json }, io) {
    const all = await Promise.all(methodIds.map((id) => loadMethod(id)));
    const words = query.toLowerCase().split(/\s+/);
    const found = all
      .map(({ method: { id, room, teaches, paper } }) => ({ id, room, teaches, paper }))
      .filter((method) => {
        const text = JSON.stringify(method).toLowerCase();
        return words.every((word) => text.includes(word));
      });
    if (json) {
      io.print(JSON.stringify(found));
      return;
    }
    if (found.length === 0) {
      io.say(`no method for: ${query}`);
      return;
    }
    const rows = found.map(({ id, room, teaches, paper }) => [id, room, String(paper.year), teaches]);
    for (const line of table(['method', 'room', 'year', 'teaches'], rows)) io.print(line);
  },
});
