import type { Sent, Subscription } from '@tutelage/studio/api';
import { count } from './format.js';

/** What became of a mail. */
export function sentWords({ outcome, papers }: Sent): string {
  const content = papers > 0 ? ` with ${count(papers, 'paper')}` : '';
  if (outcome === 'nothing') return 'Nothing to send: there is no paper that was not sent before.';
  return outcome === 'sent'
    ? `Sent${content}.`
    : `Written to .studio/outbox${content}, since no mail server is set.`;
}

/** What a subscription is of: `daily, curricula, “teacher”`. */
export function subscriptionWords({ frequency, family, query }: Subscription): string {
  return [frequency, family ?? 'all papers', ...(query === undefined ? [] : [`“${query}”`])].join(', ');
}
