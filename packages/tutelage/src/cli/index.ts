export { distillSettings } from './distill/settings.js';
export { main } from './main.js';
