import { defineCommand } from '../command.js';
import { distillSettings } from '../distill/settings.js';

export const command = defineCommand({
  name: 'distill',
  summary:
    'Teaches a small model on your data, with or without the help of a bigger one, and leaves a folder to ship.',
  params: distillSettings,
  positional: ['data'],
  examples: [
    'tutelage distill tickets.csv',
    'tutelage distill photos/ --teacher student:image-small --student image-nano',
    'tutelage distill collection/ --student retriever-small    # corpus.jsonl, queries.jsonl, qrels/train.tsv, ...',
    'tutelage distill questions.csv --student retriever-small --query question --document answer',
    'tutelage distill plays.txt --student lm-small',
  ],
  run: async (params, io) => (await import('../actions/distill.js')).startDistilling(params, io),
});
