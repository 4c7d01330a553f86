import { random } from '@tutelage/engine';
import type { Example } from '../../core/example.js';

/** A grid with walls. Cells are numbered row by row. */
export interface Maze {
  readonly width: number;
  readonly height: number;
  readonly walls: ReadonlySet<number>;
  readonly start: number;
  readonly goal: number;
}

/** What a search does: a cell enters the frontier, or is expanded. */
export interface SearchEvent {
  readonly kind: 'create' | 'close';
  readonly cell: number;
  /** Steps from the start. */
  readonly cost: number;
  /** Least steps to the goal, as far as the heuristic knows. */
  readonly heuristic: number;
}

export interface Solved {
  /** All that the search did, in order. */
  readonly trace: readonly SearchEvent[];
  /** Cells from start to goal, both included: a shortest way. */
  readonly plan: readonly number[];
}

export interface MazeOptions {
  readonly width: number;
  readonly height: number;
  /** Share of the cells that are walls, drawn between the two. */
  readonly walls: readonly [least: number, most: number];
  /** Least number of cells of a shortest way. */
  readonly leastPlan: number;
}

/**
 * A maze that can be solved, with the trace of an A* search whose ties are broken at random (Lehnert et al. 2024, Searchformer, section
 * 3): one maze has many traces. Its difficulty is the number of cells that were expanded.
 *
 * @throws {RangeError} when no such maze is found in a thousand draws
 */
export function maze(
  { width, height, walls, leastPlan }: MazeOptions,
  key: random.Key,
): Example<Maze, Solved> {
  const cells = Array.from({ length: width * height }, (_, i) => i);
  for (let attempt = 0; attempt < 1000; attempt++) {
    const own = random.foldIn(key, attempt);
    const dice = random.stream(own);
    const share = walls[0] + (walls[1] - walls[0]) * dice.uniform();
    const mixed = dice.shuffle(cells);
    const count = Math.min(Math.round(share * cells.length), cells.length - 2);
    const [start, goal] = mixed.slice(count, count + 2) as [number, number];
    const drawn: Maze = { width, height, walls: new Set(mixed.slice(0, count)), start, goal };
    const solved = solve(drawn, random.foldIn(own, 'search'));
    if (!solved || solved.plan.length < leastPlan) continue;
    const blocked = mixed.slice(0, count).sort((a, b) => a - b);
    return {
      id: `${width}x${height} ${start} ${goal} ${blocked.join(' ')}`,
      input: drawn,
      target: solved,
      difficulty: solved.trace.filter(({ kind }) => kind === 'close').length,
    };
  }
  throw new RangeError(`no maze of ${width} x ${height} has a way of ${leastPlan} cells with so many walls`);
}

/**
 * Solves a maze by A* with the Manhattan distance.
 *
 * @param key of how ties are broken and in which order neighbours are looked at
 * @returns undefined where the goal can't be reached
 */
export function solve(maze: Maze, key: random.Key): Solved | undefined {
  const dice = random.stream(key);
  const { goal, start } = maze;
  const trace: SearchEvent[] = [];
  const costs = new Map<number, number>();
  const before = new Map<number, number>();
  const frontier = new Map<number, { readonly total: number; readonly tie: number }>();
  const enter = (cell: number, cost: number): void => {
    const heuristic = distance(maze, cell, goal);
    trace.push({ kind: 'create', cell, cost, heuristic });
    costs.set(cell, cost);
    frontier.set(cell, { total: cost + heuristic, tie: dice.uniform() });
  };
  enter(start, 0);
  while (frontier.size > 0) {
    const [cell] = [...frontier].reduce((a, b) =>
      b[1].total < a[1].total || (b[1].total === a[1].total && b[1].tie < a[1].tie) ? b : a,
    );
    frontier.delete(cell);
    const cost = costs.get(cell)!;
    trace.push({ kind: 'close', cell, cost, heuristic: distance(maze, cell, goal) });
    if (cell === goal) {
      const plan = [goal];
      while (plan[0] !== start) plan.unshift(before.get(plan[0]!)!);
      return { trace, plan };
    }
    for (const next of dice.shuffle(neighbours(maze, cell))) {
      if (cost + 1 >= (costs.get(next) ?? Number.POSITIVE_INFINITY)) continue;
      before.set(next, cell);
      enter(next, cost + 1);
    }
  }
  return undefined;
}

/** Whether a plan leads from start to goal, step by step between neighbours, through no wall. */
export function isPlan(maze: Maze, plan: readonly number[]): boolean {
  return (
    plan[0] === maze.start &&
    plan.at(-1) === maze.goal &&
    plan.slice(1).every((cell, i) => neighbours(maze, plan[i]!).includes(cell))
  );
}

/** Free cells beside a cell. */
function neighbours({ width, height, walls }: Maze, cell: number): number[] {
  const [x, y] = [cell % width, Math.floor(cell / width)];
  const around: readonly (readonly [number, number])[] = [
    [x - 1, y],
    [x + 1, y],
    [x, y - 1],
    [x, y + 1],
  ];
  return around
    .filter(([column, row]) => column >= 0 && column < width && row >= 0 && row < height)
    .map(([column, row]) => row * width + column)
    .filter((next) => !walls.has(next));
}

function distance({ width }: Maze, a: number, b: number): number {
  return Math.abs((a % width) - (b % width)) + Math.abs(Math.floor(a / width) - Math.floor(b / width));
}
