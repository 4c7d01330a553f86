import { random } from '@tutelage/engine';
import { World } from 'planck';
import { expect, test } from 'vitest';
import { stumpTrack } from '../../src/tasks/environments/stump-track.js';
import { walker } from '../../src/tasks/environments/walker.js';

const { observations, actions } = walker;

/** The score of an episode of given actions, and all that was observed. */
function live(task: readonly number[], action: (step: number) => readonly number[]) {
  const episode = walker.start(task);
  const seen: number[][] = [];
  const observation = new Float64Array(observations);
  do {
    episode.observe(observation);
    seen.push([...observation]);
  } while (episode.act(Float64Array.from(action(seen.length))));
  return { score: episode.score, seen };
}

const noise = new Float32Array(2000);
random.fillUniform(noise, random.key(1));
const jerks = (step: number) =>
  [...noise.subarray(step * actions, (step + 1) * actions)].map((x) => 2 * x - 1);

test('the same task and actions give the same bits, whatever other worlds there were', () => {
  const first = live([0.4, 0.5], jerks);
  live([0.9, 0.1], () => [1, 1, 1, 1]);
  expect(live([0.4, 0.5], jerks)).toEqual(first);
  expect(first.seen.flat().every(Number.isFinite)).toBe(true);
});

test('a walker that falls ends, one that stands stays, and neither gets far', () => {
  const fallen = live([0, 1], jerks);
  expect(fallen.seen.length).toBeLessThan(100);
  // Hips straight and knees nearly so: the servos' targets of angles of about 0.
  const standing = live([0, 1], () => [-0.13, 0.95, -0.13, 0.95]);
  expect(standing.seen.length).toBeGreaterThan(fallen.seen.length);
  for (const { score } of [fallen, standing]) expect(score).toBeLessThan(0.3);
});

test('stumps stand at their spacing and have their height, and none is built of height 0', () => {
  const ground = () => new World().createBody();
  const track = stumpTrack(ground(), 0.4, 1.2);
  expect([1.4, 1.6, 1.9, 2.9, 3.1, 7].map(track.heightAt)).toEqual([0, 0.4, 0, 0, 0.4, 0]);
  expect(stumpTrack(ground(), 0, 1).heightAt(1.6)).toBe(0);
});

test('the walker sees the stump before it', () => {
  const { seen } = live([1, 1], () => [0, 0, 0, 0]);
  expect(seen[0]!.slice(14)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(seen[0]!.slice(0, 3)).toEqual([1, 0, 1]);
});
