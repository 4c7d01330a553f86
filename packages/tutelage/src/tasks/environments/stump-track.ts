import { type Body, Box, Edge, Vec2 } from 'planck';

/** Metres. */
const start = 1.5;
const end = 6;
const width = 0.3;
const apron = 10;

/** A flat track with stumps of one height, one after the other. */
export interface StumpTrack {
  /** Where it ends, in metres from where a body starts. */
  readonly length: number;
  /** Height of the ground at a place, in metres. */
  heightAt(x: number): number;
}

/**
 * Builds Stump Tracks (Portelas et al. 2019, section 5) into a resting body.
 *
 * @param height of the stumps in metres
 * @param spacing from the end of a stump to the next in metres
 */
export function stumpTrack(ground: Body, height: number, spacing: number): StumpTrack {
  const period = width + spacing;
  const count = height > 0 ? Math.ceil((end - start) / period) : 0;
  ground.createFixture({ shape: new Edge(new Vec2(-apron, 0), new Vec2(end + apron, 0)), friction: 1 });
  for (let i = 0; i < count; i++) {
    const centre = new Vec2(start + i * period + width / 2, height / 2);
    ground.createFixture({ shape: new Box(width / 2, height / 2, centre, 0), friction: 1 });
  }
  return {
    length: end,
    heightAt(x) {
      const place = x - start;
      const within = place >= 0 && Math.floor(place / period) < count && place % period <= width;
      return within ? height : 0;
    },
  };
}
