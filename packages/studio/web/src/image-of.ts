/** Makes one image of a plot for those who hear it: its label says what is on it, and the names of its marks, which may have none, go. */
export function imageOf<T extends Element>(plot: T): T {
  plot.setAttribute('role', 'img');
  for (const mark of plot.querySelectorAll('g[aria-label]')) mark.removeAttribute('aria-label');
  return plot;
}
