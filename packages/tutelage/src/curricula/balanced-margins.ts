/**
 * Sorts pairs into bins of equal width by their margins, from the least to the greatest (Hofstätter et al. 2021, section 3.1). Where
 * all margins are equal there is no width to divide: they are one bin.
 *
 * @param margins finite
 * @param bins how many; empty ones are left out of the result
 * @returns places of the margins, bin by bin
 */
export function marginBins(margins: readonly number[], bins: number): number[][] {
  const low = Math.min(...margins);
  const width = (Math.max(...margins) - low) / bins;
  const sorted = Array.from({ length: bins }, (): number[] => []);
  margins.forEach((margin, place) => {
    const bin = width > 0 ? Math.min(bins - 1, Math.floor((margin - low) / width)) : 0;
    sorted[bin]!.push(place);
  });
  return sorted.filter((bin) => bin.length > 0);
}
