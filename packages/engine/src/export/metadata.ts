/** What a model file says of itself, beside its graph. */
export interface ModelMetadata {
  readonly name?: string;
  readonly description?: string;
  readonly licence?: string;
  /** Names of classes, in the order of the logits. */
  readonly labels?: readonly string[];
  /** Hash of the data that the model was trained on. */
  readonly trainingData?: string;
  /** Further entries as they are. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** The version of the framework, which is that of the package. */
export const version = '0.1.0';

/** The entries of a model's metadata, whose keys are lower case; lists are JSON. */
export function metadataEntries(metadata: ModelMetadata): Record<string, string> {
  const { name, description, licence, labels, trainingData, properties } = metadata;
  return {
    framework: `tutelage ${version}`,
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(licence !== undefined && { licence }),
    ...(labels !== undefined && { labels: JSON.stringify(labels) }),
    ...(trainingData !== undefined && { training_data: trainingData }),
    ...properties,
  };
}
