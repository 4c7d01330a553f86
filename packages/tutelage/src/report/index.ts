export { renderReport } from './report.js';
export { renderTerminal, type TerminalOptions, wantsColor } from './terminal.js';
