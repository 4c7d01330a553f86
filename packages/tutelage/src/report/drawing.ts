import { type PlotOptions, plot } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { escapeHtml, type Markup } from './html.js';

/** Width of all plots in pixels: that of a small phone, so that text needs no shrinking there. */
export const plotWidth = 344;

/**
 * Draws a plot as SVG text, without a browser.
 *
 * @param description what it shows, in words, for those who can't see it
 */
export function draw(description: string, options: PlotOptions): Markup {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = plot({ width: plotWidth, className: 'plot', ...options, document });
  svg.querySelector('style')?.remove();
  // Added as text, since the DOM's own writing of attributes leaves < and > as they are.
  const opening = `<svg role="img" aria-label="${escapeHtml(description)}"`;
  return { markup: String(svg.outerHTML).replace(/^<svg/, () => opening) };
}
