import type { Limits, Spool, Store, World } from '@packetboat/core';
import type { MemoryDisk } from '@packetboat/engine-sqlite/testing';
import type { Broker, Link } from '@packetboat/server';
import type { ServerEnd } from './network/connection.ts';

/** One life of a server, as a seam sees it. */
export interface ServerLife {
  readonly world: World;
  readonly limits: Limits;
}

/** Both sides of one connection at the server. */
export interface ServerSide {
  readonly broker: Broker;
  readonly life: ServerLife;
  /** What the server writes to. */
  readonly link: Link;
}

/**
 * Where a mutant gets in between the real parts. Each is given what is there and returns what takes its place; absent ones
 * change nothing.
 */
export interface Seams {
  readonly disk?: () => MemoryDisk;
  /** The limits of servers. */
  readonly limits?: (limits: Limits) => Limits;
  /** What a server is given as its store, anew in each of its lives. */
  readonly store?: (store: Store, life: ServerLife) => Store;
  readonly link?: (side: ServerSide) => Link;
  /** What the server hears. */
  readonly serverEnd?: (end: ServerEnd, side: ServerSide) => ServerEnd;
  readonly spool?: (spool: Spool) => Spool;
}
