/** Who is taught: a net, a language model, a prompted model, a policy, a person. */
export interface Student<I, O> {
  predict(inputs: readonly I[]): Promise<readonly O[]>;
}

/** A student that learns from lessons of a kind of its own: a batch of tensors, a prompt, an exercise. */
export interface Learner<I, O, Lesson> extends Student<I, O> {
  /** Takes in a lesson and returns what was measured on the way, as a loss. */
  learn(lesson: Lesson): Promise<Readonly<Record<string, number>>>;
  /** Writes all that is needed to go on teaching or to use it, into an empty folder. */
  save(folder: string): Promise<void>;
}
