import { percent } from '../assessment/wording.js';
import type { Metrics } from '../runs/metrics.js';
import type { Progress } from '../runs/progress.js';

/** Steps in which nothing is learned before that is said. */
const patience = 20;
const sayEvery = 10;

/** Tells how a policy training gets on, and warns where its rewards say nothing. */
export function watchPolicy(name: string, say: (message: string) => void): Progress {
  let total = 0;
  let silent = 0;
  return {
    start(_done, of) {
      total = of;
    },
    step(done, metrics) {
      silent = metrics['groups that teach'] === 0 ? silent + 1 : 0;
      if (silent === patience) {
        say(
          `${name}: no signal: in ${patience} steps all answers to each question were worth the same, and no solution could help`,
        );
      }
      if (done % sayEvery === 0 || done === total) say(`${name}: ${done} of ${total}: ${curves(metrics)}`);
    },
    skip() {},
    say,
    stop() {},
  };
}

function curves(metrics: Metrics): string {
  const share = (metric: string) => percent(Number(metrics[metric]));
  return `${share('success')} of answers right, ${share('all failed')} of questions without one, ${share('guided')} helped with`;
}
