import { tick } from 'svelte';

/** Where the reader is. */
export const place = $state({ path: location.pathname, search: location.search });

function read(): void {
  place.path = location.pathname;
  place.search = location.search;
}

/** Goes to a page of the app; what it shows gets the focus, so that Tab goes on from there. */
export async function goTo(address: string): Promise<void> {
  history.pushState(undefined, '', address);
  read();
  scrollTo(0, 0);
  await tick();
  document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
}

/** Changes what a page shows: the address tells it, the reader stays where he is. */
export function show(search: string): void {
  history.replaceState(undefined, '', `${location.pathname}${search}`);
  read();
}

/** Follows links within the app without loading the page anew. */
export function followLinks(): void {
  addEventListener('popstate', read);
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest('a') : undefined;
    if (!link || link.origin !== location.origin || link.target !== '' || link.hasAttribute('download'))
      return;
    if (/^\/(api|feeds)\//.test(link.pathname) || link.getAttribute('href')?.startsWith('#')) return;
    event.preventDefault();
    void goTo(link.pathname + link.search);
  });
}
