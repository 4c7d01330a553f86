export type { Arm, Claim, Measured, Part, Verdict } from './claim.js';
export type { Curriculum, Json } from './curriculum.js';
export { BusyError, UserError } from './errors.js';
export type { Example } from './example.js';
export { defineMethod, type Method, type MethodContext, type Paper, type Room } from './method.js';
export type { Logits, Preference, Ranking, SignalKind, SignalOf, TeachingText } from './signal.js';
export type { Learner, Student } from './student.js';
export type { Examples, Generator, Metric, Task } from './task.js';
export type { Attempted, Teacher, TeachingOptions } from './teacher.js';
