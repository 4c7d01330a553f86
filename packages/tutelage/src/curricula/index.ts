export { covarGmm } from './covar-gmm.js';
export { riac } from './riac.js';
export { slidingWindow } from './sliding-window.js';
export { type DrawnTask, randomTasks, type TaskTeacher } from './task-teacher.js';
export { drawLevel, leaveOut } from './trace-dropping.js';
