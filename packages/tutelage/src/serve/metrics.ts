/** Upper ends of the buckets of the histogram, in seconds. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Counts of a server, in Prometheus's text format. */
export interface ServerMetrics {
  request(route: string, status: number, seconds: number): void;
  batch(size: number): void;
  /** @param waiting inputs that wait or are being run */
  text(waiting: number): string;
}

export function createServerMetrics(): ServerMetrics {
  const requests = new Map<string, number>();
  const counts = new Array<number>(buckets.length + 1).fill(0);
  let seconds = 0;
  let batches = 0;
  let predictions = 0;
  return {
    request(route, status, took) {
      const labels = `{route="${route}",status="${status}"}`;
      requests.set(labels, (requests.get(labels) ?? 0) + 1);
      const bucket = buckets.findIndex((end) => took <= end);
      counts[bucket < 0 ? buckets.length : bucket]! += 1;
      seconds += took;
    },
    batch(size) {
      batches += 1;
      predictions += size;
    },
    text(waiting) {
      let cumulative = 0;
      const histogram = [...buckets, '+Inf'].map((end, i) => {
        cumulative += counts[i]!;
        return `tutelage_request_seconds_bucket{le="${end}"} ${cumulative}`;
      });
      return [
        '# HELP tutelage_requests_total Requests by route and status.',
        '# TYPE tutelage_requests_total counter',
        ...[...requests].map(([labels, count]) => `tutelage_requests_total${labels} ${count}`),
        '# HELP tutelage_request_seconds Time from the arrival of a request to its answer.',
        '# TYPE tutelage_request_seconds histogram',
        ...histogram,
        `tutelage_request_seconds_sum ${seconds}`,
        `tutelage_request_seconds_count ${cumulative}`,
        '# HELP tutelage_predictions_total Inputs that were answered.',
        '# TYPE tutelage_predictions_total counter',
        `tutelage_predictions_total ${predictions}`,
        '# HELP tutelage_batches_total Runs of the model.',
        '# TYPE tutelage_batches_total counter',
        `tutelage_batches_total ${batches}`,
        '# HELP tutelage_waiting_inputs Inputs that wait or are being run.',
        '# TYPE tutelage_waiting_inputs gauge',
        `tutelage_waiting_inputs ${waiting}`,
        '',
      ].join('\n');
    },
  };
}
