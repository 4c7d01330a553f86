import { type Trouble, troubleOf } from './api.js';

/** Something that is read from the server, and may be read again. */
export interface Resource<T> {
  value: T | undefined;
  readonly trouble: Trouble | undefined;
  readonly loading: boolean;
  /** Reads it. What was asked for last is kept, in whatever order the answers come; the old value stays until then. */
  load(ask: () => Promise<T>): Promise<void>;
}

export function resource<T>(): Resource<T> {
  let value = $state.raw<T>();
  let trouble = $state.raw<Trouble>();
  let loading = $state(false);
  let latest = 0;
  return {
    get value() {
      return value;
    },
    set value(other) {
      value = other;
    },
    get trouble() {
      return trouble;
    },
    get loading() {
      return loading;
    },
    async load(ask) {
      const mine = ++latest;
      loading = true;
      try {
        const answer = await ask();
        if (mine !== latest) return;
        value = answer;
        trouble = undefined;
      } catch (error) {
        if (mine === latest) trouble = troubleOf(error);
      }
      if (mine === latest) loading = false;
    },
  };
}

/** Something that is done at the reader's word, one at a time. */
export interface Action {
  readonly busy: boolean;
  readonly trouble: Trouble | undefined;
  run(work: () => Promise<unknown>): Promise<void>;
}

export function action(): Action {
  let busy = $state(false);
  let trouble = $state.raw<Trouble>();
  return {
    get busy() {
      return busy;
    },
    get trouble() {
      return trouble;
    },
    async run(work) {
      if (busy) return;
      busy = true;
      trouble = undefined;
      try {
        await work();
      } catch (error) {
        trouble = troubleOf(error);
      }
      busy = false;
    },
  };
}
