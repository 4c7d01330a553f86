import { trainedBits } from './training.js';

console.log(JSON.stringify(await trainedBits(Number(process.argv[2]))));
