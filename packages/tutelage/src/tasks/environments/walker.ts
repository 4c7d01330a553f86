import { type Body, Box, RevoluteJoint, Vec2, World } from 'planck';
import type { Environment, Episode } from './environment.js';
import { stumpTrack } from './stump-track.js';

/** Greatest height and spacing of stumps in metres: a leg is 1.1 m long. */
const highest = 0.5;
const widest = 3;

/** Sizes in metres, torques in newton metres, speeds in radians a second. */
const hull = { width: 0.9, height: 0.35, density: 3 };
const leg = { thigh: 0.55, shin: 0.55, width: 0.16, density: 2 };
const hip = { lower: -1, upper: 1.3, torque: 80 };
const knee = { lower: -1.9, upper: -0.05, torque: 60 };
const servo = { gain: 12, speed: 6 };
const hipHeight = leg.thigh + leg.shin + 0.02;

const secondsOfStep = 1 / 50;
const stepsOfControl = 2;
const mostSeconds = 10;
/** Turns a second of the clock that the walker feels. */
const clock = 1.6;
/** Where the walker sees the height of the ground, in metres ahead. */
const ahead = [0.1, 0.35, 0.6, 0.85, 1.1, 1.35];
const steepest = 1.2;

/**
 * A two-legged walker on Stump Tracks. It has a hull and two legs of thigh and shin; an action is where the servos of its hips and
 * knees shall go. It feels a clock, its hull's tilt, speeds and height, its joints, and whether its shins touch the ground, and it
 * sees the ground's height ahead. The episode ends at the track's end, when the hull touches the ground or tips over, or after ten
 * seconds.
 *
 * A task is [height, spacing] of the stumps: 0 to 0.5 m, 0 to 3 m.
 */
export const walker: Environment = {
  observations: 14 + ahead.length,
  actions: 4,
  start(task) {
    const world = new World({ gravity: new Vec2(0, -10) });
    const track = stumpTrack(world.createBody(), highest * task[0]!, widest * task[1]!);
    return episodeOf(world, track.length, track.heightAt);
  },
};

function episodeOf(world: World, length: number, heightAt: (x: number) => number): Episode {
  const { body, joints, shins } = buildWalker(world);
  let steps = 0;
  let furthest = 0;
  const turn = () => 2 * Math.PI * clock * steps * secondsOfStep;
  return {
    observe(into) {
      const place = body.getPosition();
      const speed = body.getLinearVelocity();
      into.set([1, Math.sin(turn()), Math.cos(turn())]);
      into.set([2 * body.getAngle(), body.getAngularVelocity() / 2, speed.x / 2, speed.y / 2], 3);
      into[7] = place.y - hipHeight;
      joints.forEach(({ joint }, i) => {
        into[8 + i] = joint.getJointAngle();
      });
      shins.forEach((shin, i) => {
        into[12 + i] = isTouching(shin) ? 1 : 0;
      });
      ahead.forEach((distance, i) => {
        into[14 + i] = heightAt(place.x + distance);
      });
    },
    act(action) {
      for (let i = 0; i < stepsOfControl; i++) {
        for (const [j, { joint, lower, upper }] of joints.entries()) {
          const target = lower + ((upper - lower) * (action[j]! + 1)) / 2;
          const speed = servo.gain * (target - joint.getJointAngle());
          joint.setMotorSpeed(Math.max(-servo.speed, Math.min(servo.speed, speed)));
        }
        world.step(secondsOfStep, 6, 3);
        steps++;
      }
      furthest = Math.max(furthest, body.getPosition().x);
      const fallen = isTouching(body) || Math.abs(body.getAngle()) > steepest;
      return !fallen && furthest < length && steps * secondsOfStep < mostSeconds;
    },
    get score() {
      return Math.min(1, furthest / length);
    },
  };
}

/** A standing walker: its hull, the joints hip and knee of one leg and of the other, and the shins. */
function buildWalker(world: World) {
  const part = (width: number, height: number, y: number, density: number): Body => {
    const body = world.createBody({ type: 'dynamic', position: new Vec2(0, y) });
    // Parts of a negative group never touch each other.
    body.createFixture({ shape: new Box(width / 2, height / 2), density, friction: 1, filterGroupIndex: -1 });
    return body;
  };
  const jointOf = (upper: Body, lower: Body, y: number, limits: typeof hip) => {
    const definition = {
      enableLimit: true,
      enableMotor: true,
      lowerAngle: limits.lower,
      upperAngle: limits.upper,
      maxMotorTorque: limits.torque,
    };
    const joint = new RevoluteJoint(definition, upper, lower, new Vec2(0, y));
    world.createJoint(joint);
    return { joint, ...limits };
  };
  const body = part(hull.width, hull.height, hipHeight - 0.05 + hull.height / 2, hull.density);
  const legs = Array.from({ length: 2 }, () => {
    const thigh = part(leg.width, leg.thigh, hipHeight - leg.thigh / 2, leg.density);
    const shin = part(leg.width, leg.shin, hipHeight - leg.thigh - leg.shin / 2, leg.density);
    const joints = [jointOf(body, thigh, hipHeight, hip), jointOf(thigh, shin, hipHeight - leg.thigh, knee)];
    return { shin, joints };
  });
  return { body, joints: legs.flatMap(({ joints }) => joints), shins: legs.map(({ shin }) => shin) };
}

function isTouching(body: Body): boolean {
  for (let edge = body.getContactList(); edge; edge = edge.next ?? null) {
    if (edge.contact.isTouching()) return true;
  }
  return false;
}
