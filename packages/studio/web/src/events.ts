/**
 * Listens to events of the server until it is told to stop. The browser comes back by itself after an interruption.
 *
 * @param handlers by the events' names; each is given the event's data
 */
export function listen<E extends object>(
  address: string,
  handlers: { readonly [Name in keyof E & string]: (data: E[Name]) => void },
): () => void {
  const source = new EventSource(address);
  for (const name of Object.keys(handlers) as (keyof E & string)[]) {
    source.addEventListener(name, (event: MessageEvent<string>) =>
      handlers[name](JSON.parse(event.data) as E[typeof name]),
    );
  }
  return () => source.close();
}
