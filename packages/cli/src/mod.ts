/** The front door of `@packetboat/cli`: what tools need that write its documentation. */
export { type Context } from './context.ts';
export { exitCodeMeanings } from './exit_codes.ts';
export { runProgram } from './program.ts';
