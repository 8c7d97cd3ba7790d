import type { IncomingHttpHeaders } from 'node:http';
import type { Limits, Store } from '@packetboat/core';
import type { Line, Twist } from './twist.ts';

/** A server that breaks one rule of `docs/protocol/session.md`: a real one of which one thing is changed. */
export interface BrokenServer {
  /** `a server that …` */
  readonly name: string;
  /** How the names of the cases begin that must find it. */
  readonly caughtBy: string;
  /** What passes between it and its clients. */
  readonly twist?: (line: Line) => Twist;
  /** What it sees of a request for a WebSocket. */
  readonly asked?: (headers: IncomingHttpHeaders) => IncomingHttpHeaders;
  readonly limits?: Partial<Limits>;
  readonly store?: (store: Store) => Store;
}
