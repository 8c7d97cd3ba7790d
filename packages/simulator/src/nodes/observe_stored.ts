import { decodeMapRow, type WrittenRows } from '@packetboat/engine-sqlite/testing';
import type { Simulation } from '../simulation.ts';

const decoder = new TextDecoder();
const sessionKey = /^session\/(.+)$/;
const serverKey = /^server\/(.+)$/;

/** What a server stores of a session, as far as the judges ask. */
interface StoredSession {
  readonly server: string;
  readonly adopted?: true;
}

/** Tells the judges what a commit has stored of sessions, and which servers it shows to live. */
export function observeStored(simulation: Simulation, written: WrittenRows): void {
  const atMs = simulation.clocks.server.monotonicMs();
  for (const [id, row] of written.get('map') ?? []) {
    const [key] = JSON.parse(id) as readonly [string];
    const session = sessionKey.exec(key)?.[1];
    const server = serverKey.exec(key)?.[1];
    if (server !== undefined && row !== undefined) simulation.observe('leaseRenewed', { server, atMs });
    if (session === undefined) continue;
    if (row === undefined) {
      simulation.observe('sessionForgotten', { session, atMs });
      continue;
    }
    const stored = JSON.parse(decoder.decode(decodeMapRow(row.value).value)) as StoredSession;
    const adopted = stored.adopted === true;
    if (adopted) simulation.sometimes.note('sessionAdopted');
    simulation.observe('sessionStored', { session, server: stored.server, adopted, atMs });
  }
}
