import { spawnSync } from 'node:child_process';
import { summarise } from './statistics.js';

const rounds = 15;
const bin = new URL('../packages/tutelage/bin/tutelage.js', import.meta.url).pathname;

/** Wall time of command lines that a person waits for; `--help` is to stay below 200 ms. */
export function benchmarkCli() {
  for (const words of [['--help'], ['--version'], ['distill', '--help'], ['runs']]) {
    const times = Array.from({ length: rounds }, () => {
      const start = performance.now();
      spawnSync(process.execPath, [bin, ...words]);
      return performance.now() - start;
    });
    const { median, spread } = summarise(times);
    console.log(`tutelage ${words.join(' ').padEnd(15)} ${median.toFixed(0)} ms ± ${spread.toFixed(0)}`);
  }
}
