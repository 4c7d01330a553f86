/** How rotary frequencies are lowered for texts longer than those of the pre-training, under the names of Hugging Face. */
export type RopeScaling =
  | { readonly rope_type: 'linear'; readonly factor: number }
  | {
      readonly rope_type: 'llama3';
      readonly factor: number;
      readonly low_freq_factor: number;
      readonly high_freq_factor: number;
      readonly original_max_position_embeddings: number;
    };

/**
 * Radians that each plane of a head turns from one position to the next: theta^(-2i / width) (Su et al. 2021). Scaled linearly all of them are
 * divided by the factor (Chen et al. 2023); as in LLaMA 3.1 slow ones are, fast ones are not, and those between in part.
 *
 * @param width of a head, even
 * @returns [width / 2]
 */
export function rotaryFrequencies(width: number, theta: number, scaling?: RopeScaling): number[] {
  return Array.from({ length: width / 2 }, (_, i) => lowered(theta ** ((-2 * i) / width), scaling));
}

function lowered(frequency: number, scaling: RopeScaling | undefined): number {
  if (!scaling) return frequency;
  const slow = frequency / scaling.factor;
  if (scaling.rope_type === 'linear') return slow;
  const { low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings } = scaling;
  const turns = (original_max_position_embeddings * frequency) / (2 * Math.PI);
  const kept = Math.min(1, Math.max(0, (turns - low) / (high - low)));
  return kept * frequency + (1 - kept) * slow;
}
