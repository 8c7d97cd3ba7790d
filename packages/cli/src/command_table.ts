import type { Command } from 'commander';
import type { Context } from './context.ts';

/** Gives a command its arguments, options, help and action. */
export type Define = (command: Command, context: Context) => void;

/** A command: its module is loaded only when it is called, or shown in full. */
export interface CommandEntry {
  readonly name: string;
  readonly alias?: string;
  readonly group: string;
  readonly summary: string;
  readonly load: () => Promise<Define>;
}

const serverGroup = 'The server:';
const streamGroup = 'Streams:';
const edgeGroup = 'At the edge:';
const storeGroup = 'The store on disk:';

/** Every command, in the order in which help shows them. */
export const commandTable: readonly CommandEntry[] = [
  {
    name: 'serve',
    group: serverGroup,
    summary: 'run a server',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  {
    name: 'pub',
    group: streamGroup,
    summary: 'publish records to a stream',
    load: async () => (await import('./commands/pub.ts')).pub,
  },
  {
    name: 'tail',
    alias: 'sub',
    group: streamGroup,
    summary: 'read a stream, and go on reading what is new',
    load: async () => (await import('./commands/tail.ts')).tail,
  },
  {
    name: 'streams',
    group: streamGroup,
    summary: 'list, create, verify, trim, close and delete streams',
    load: async () => (await import('./commands/streams/streams.ts')).streams,
  },
  {
    name: 'cursors',
    group: streamGroup,
    summary: 'look at and delete durable cursors',
    load: async () => (await import('./commands/cursors.ts')).cursors,
  },
  {
    name: 'import',
    group: streamGroup,
    summary: 'import sensor lines from a file',
    load: async () => (await import('./commands/import.ts')).importFile,
  },
  {
    name: 'sensor',
    group: edgeGroup,
    summary: 'sample values into a spool on this machine',
    load: async () => (await import('./commands/sensor.ts')).sensor,
  },
  {
    name: 'ship',
    group: edgeGroup,
    summary: "bring a spool's records to the server",
    load: async () => (await import('./commands/ship.ts')).ship,
  },
  {
    name: 'agent',
    group: edgeGroup,
    summary: 'sensor and shipper in one, and the inbox',
    load: async () => (await import('./commands/agent.ts')).agent,
  },
  {
    name: 'proxy',
    group: edgeGroup,
    summary: 'a link that can be broken, to try things out',
    load: async () => (await import('./commands/proxy.ts')).proxy,
  },
  {
    name: 'sequence',
    group: edgeGroup,
    summary: 'test a link with numbers and their checksum',
    load: async () => (await import('./commands/sequence.ts')).sequence,
  },
  {
    name: 'backup',
    group: storeGroup,
    summary: 'copy a store, also while its server runs',
    load: async () => (await import('./commands/backup.ts')).backup,
  },
  {
    name: 'restore',
    group: storeGroup,
    summary: 'make a store from a backup',
    load: async () => (await import('./commands/restore.ts')).restore,
  },
  {
    name: 'check',
    group: storeGroup,
    summary: 'verify every checksum of a store',
    load: async () => (await import('./commands/check.ts')).check,
  },
];
