import type { random } from '@tutelage/engine';
import type { TracedExample, TracedTask, TraceStep } from '../traces.js';
import { isPlan, type MazeOptions, maze, type SearchEvent } from './mazes.js';

const words = ['end', 'create', 'close', 'plan', 'start', 'goal', 'wall'] as const;
const firstCell = words.length;
const idOf = (word: (typeof words)[number]): number => words.indexOf(word);

/**
 * Mazes and their A* searches in tokens, one for each cell and each cost (Lehnert et al. 2024, section 3, where a cell has two). Clauses of
 * closed cells go at level 1, costs at level 2, and clauses of new cells by chance at level 3 (Su et al. 2024).
 */
export function mazeTraces(options: MazeOptions): TracedTask & { draw(key: random.Key): TracedExample } {
  const cells = options.width * options.height;
  const cell = (place: number): number => firstCell + place;
  // No way through a grid takes more steps than it has cells.
  const cost = (steps: number): number => firstCell + cells + steps;
  const plan = idOf('plan');
  const clause = (event: SearchEvent): TraceStep<readonly number[]> => ({
    group: event.kind,
    parts: [
      { content: [idOf(event.kind), cell(event.cell)] },
      { group: 'cost', content: [cost(event.cost), cost(event.heuristic)] },
    ],
  });
  return {
    vocabulary: firstCell + 2 * cells,
    marks: { step: [idOf('create')], answer: [plan], end: idOf('end') },
    drop: { close: 1, cost: 2, create: 3 },
    draw(key) {
      const { id, input, target, difficulty } = maze(options, key);
      const walls = [...input.walls].sort((a, b) => a - b);
      const best = target!.plan.length;
      return {
        id,
        prompt: [
          ...[idOf('start'), cell(input.start), idOf('goal'), cell(input.goal)],
          ...walls.flatMap((wall) => [idOf('wall'), cell(wall)]),
        ],
        steps: target!.trace.map(clause),
        answer: target!.plan.flatMap((place) => [plan, cell(place)]),
        difficulty: difficulty!,
        judge(found) {
          const way = found.filter((_, i) => i % 2 === 0).map((token) => token - firstCell);
          const formatted =
            found.length % 2 === 1 &&
            found.every((token, i) => i % 2 === 0 || token === plan) &&
            way.every((place) => place >= 0 && place < cells);
          const valid = formatted && isPlan(input, way);
          return { formatted, valid, quality: valid ? best / Math.max(best, way.length) : 0 };
        },
      };
    },
  };
}
