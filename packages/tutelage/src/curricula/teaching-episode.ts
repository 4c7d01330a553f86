/** A task and a student (DataEnvGym, section 2): what can be taught, and what an agent sees of it. */
export interface Gym<Student, Item, State> {
  readonly base: Student;
  taught(items: readonly Item[], from: Student): Promise<Student>;
  state(student: Student): Promise<State>;
}

export interface Round<Item, State> {
  readonly items: readonly Item[];
  /** After the student was taught. */
  readonly state: State;
}

/** Writes the items of the next round. The first of the rounds so far, without items, is the base student's. */
export type Agent<Item, State> = (
  rounds: readonly Round<Item, State>[],
) => Promise<readonly Item[]> | readonly Item[];

export interface EpisodeOptions {
  readonly rounds: number;
  /** Items in all. */
  readonly budget: number;
  /** Each round teaches the items of all rounds so far, or its own alone. */
  readonly accumulate: boolean;
  /** Each round begins from the base student, or from the one before. */
  readonly restart: boolean;
}

/** An episode: agent and student in turns, until the rounds or the budget are spent or the agent writes nothing. */
export async function* episode<Student, Item, State>(
  { base, taught, state }: Gym<Student, Item, State>,
  agent: Agent<Item, State>,
  { rounds, budget, accumulate, restart }: EpisodeOptions,
): AsyncGenerator<Round<Item, State>> {
  const done: Round<Item, State>[] = [{ items: [], state: await state(base) }];
  yield done[0]!;
  const written: Item[] = [];
  let student = base;
  while (done.length <= rounds && written.length < budget) {
    const items = (await agent(done)).slice(0, budget - written.length);
    if (items.length === 0) return;
    written.push(...items);
    student = await taught(accumulate ? written : items, restart ? base : student);
    const round = { items, state: await state(student) };
    done.push(round);
    yield round;
  }
}
