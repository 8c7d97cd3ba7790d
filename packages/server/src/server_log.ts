/** Where the server says what happened: pino's shape, so that the command line passes pino itself. */
export interface ServerLog {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

const nothing = () => undefined;

/** Says nothing. */
export const silentLog: ServerLog = Object.freeze({ debug: nothing, info: nothing, warn: nothing, error: nothing });
