import type { TaughtEpisode } from './exercise-judgement.js';

const cells = 12;
const side = 16;
const gap = 48;
const most = 6;
/** Readable on light and dark pages. */
const ink = '#767b85';
const accent = '#2f7fd3';

interface Panel {
  readonly title: string;
  readonly x: number;
  /** Undefined for a parameter alone. */
  readonly y: number | undefined;
  /** Opacity of the colour of a cell, in [0, 1], and what it says; undefined where nothing is known. */
  readonly shade: (
    inside: readonly TaughtEpisode[],
  ) => { readonly opacity: number; readonly words: string } | undefined;
}

/**
 * Draws where tasks were and how they went as SVG: for each pair of parameters (at most six pairs), how many tasks a cell had, and
 * their mean score in the later half.
 *
 * @param names of the parameters, as they stand at the axes
 */
export function exerciseMap(names: readonly string[], episodes: readonly TaughtEpisode[]): string {
  const pairs = names
    .flatMap((_, x) => names.slice(x + 1).map((_, i): readonly [number, number] => [x, x + 1 + i]))
    .slice(0, most);
  const places: readonly (readonly [number, number | undefined])[] =
    names.length > 1 ? pairs : [[0, undefined]];
  const later = episodes.slice(Math.floor(episodes.length / 2));
  const rows = places.map(([x, y]) => {
    const busiest = Math.max(...inCells(episodes, x, y).map((inside) => inside.length));
    const density: Panel = {
      title: 'tasks',
      x,
      y,
      shade: ({ length }) => ({ opacity: length / busiest, words: `${length} tasks` }),
    };
    const scores: Panel = {
      title: 'mean score, later half',
      x,
      y,
      shade(inside) {
        if (inside.length === 0) return undefined;
        const mean = inside.reduce((sum, { score }) => sum + score, 0) / inside.length;
        return { opacity: mean, words: mean.toFixed(2) };
      },
    };
    return [panel(density, names, episodes), panel(scores, names, later)];
  });
  const size = cells * side;
  const [width, height] = [2 * (size + gap) + gap, rows.length * (size + gap) + gap];
  const drawn = rows.flatMap((row, i) =>
    row.map(
      (one, j) =>
        `<g transform="translate(${gap + j * (size + gap)} ${gap / 2 + i * (size + gap)})">${one}</g>`,
    ),
  );
  const words = `Where tasks were, and how they went, by ${names.map(escaped).join(', ')}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${words}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="system-ui, sans-serif" font-size="12" fill="${ink}">${drawn.join('')}</svg>\n`;
}

/** The episodes of each cell, row by row from the lowest. */
function inCells(episodes: readonly TaughtEpisode[], x: number, y: number | undefined): TaughtEpisode[][] {
  const found = Array.from({ length: y === undefined ? cells : cells ** 2 }, (): TaughtEpisode[] => []);
  const cellOf = (place: number) => Math.min(cells - 1, Math.floor(place * cells));
  for (const episode of episodes) {
    const row = y === undefined ? 0 : cellOf(episode.task[y]!);
    found[row * cells + cellOf(episode.task[x]!)]!.push(episode);
  }
  return found;
}

function panel(
  { title, x, y, shade }: Panel,
  names: readonly string[],
  episodes: readonly TaughtEpisode[],
): string {
  const size = cells * side;
  const rows = y === undefined ? 1 : cells;
  const boxes = inCells(episodes, x, y).map((inside, i) => {
    const own = shade(inside);
    if (!own) return '';
    const place = `x="${(i % cells) * side}" y="${(rows - 1 - Math.floor(i / cells)) * side}"`;
    return `<rect ${place} width="${side}" height="${side}" fill="${accent}" fill-opacity="${own.opacity.toFixed(3)}"><title>${own.words}</title></rect>`;
  });
  const height = rows * side;
  const frame = `<rect width="${size}" height="${height}" fill="none" stroke="${ink}"/>`;
  const across = `<text y="${height + 16}">${escaped(names[x]!)}</text><text y="${height + 32}">${title}</text>`;
  const up =
    y === undefined
      ? ''
      : `<text transform="translate(-8 ${height}) rotate(-90)">${escaped(names[y]!)}</text>`;
  return boxes.join('') + frame + across + up;
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
