/** What the ledger holds at this moment, nano-dollars. */
interface Account {
  readonly spent: number;
  readonly reserved: number;
}

export interface Budget {
  /**
   * Holds `price` nano-dollars and enters the reservation, in one step that no other caller can come between.
   * Waits while only the reservations of calls under way stand in its way.
   * @returns false if what is already spent leaves too little
   */
  reserve(price: number, enter: () => Promise<void>): Promise<boolean>;
  /** To be called after every entry that settles a reservation. */
  settled(): void;
}

/** Keeps spent + reserved at or below the cap, nano-dollars; `Infinity` for none. */
export function createBudget(account: Account, cap: number): Budget {
  let waiting: (() => void)[] = [];
  return {
    async reserve(price, enter) {
      while (account.spent + account.reserved + price > cap) {
        if (account.spent + price > cap) return false;
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      await enter();
      return true;
    },
    settled() {
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
  };
}
