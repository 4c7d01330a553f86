/** Images, or signals, with the class of each pixel, or sample. */
export interface LabelledMaps {
  readonly count: number;
  readonly channels: number;
  /** Of the spatial axes. */
  readonly size: readonly number[];
  /** Names of the classes; a class is a position here. */
  readonly classes: readonly string[];
  /** [count, channels, ...size]. */
  readonly inputs: Float32Array;
  /** [count, ...size]; as many as there are classes marks what is not to be learned or measured. */
  readonly labels: Int32Array;
}
