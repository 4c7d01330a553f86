import type { Job, RunSummary } from '@tutelage/studio/api';

/** How a state is marked, so that colour does not carry it alone. */
export const stateMarks: Readonly<
  Record<Job['state'] | RunSummary['state'], { readonly mark: string; readonly kind: string }>
> = {
  created: { mark: '·', kind: '' },
  starting: { mark: '·', kind: '' },
  running: { mark: '▶', kind: 'open' },
  paused: { mark: '‖', kind: '' },
  stopped: { mark: '■', kind: '' },
  finished: { mark: '✓', kind: 'holds' },
  failed: { mark: '✗', kind: 'fails' },
  lost: { mark: '✗', kind: 'fails' },
};

export function isAtWork(state: Job['state'] | RunSummary['state']): boolean {
  return state === 'starting' || state === 'running';
}

/** The end of a log that is still readable in a page. */
export function logEnd(text: string, most = 200_000): string {
  return text.length <= most ? text : text.slice(text.indexOf('\n', text.length - most) + 1);
}

const control = String.fromCharCode(27);
const colours = new RegExp(`${control}\\[[\\d;?]*[A-Za-z]`, 'g');

/** A terminal's text without its colours, each line as it stood last. */
export function plainLog(text: string): string {
  const plain = text.replaceAll(colours, '');
  return plain.replaceAll(/[^\n]*\r(?!\n)/g, '').replaceAll('\r', '');
}
