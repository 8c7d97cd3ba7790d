import assert from 'node:assert/strict';
import { type Limits, MemoryStore, type SessionIdentity } from '@packetboat/core';
import { testLimits, VirtualWorld } from '@packetboat/core/testing';
import { Broker } from '../broker/broker.ts';
import { silentLog } from '../server_log.ts';
import { FakePeer } from './fake_peer.ts';

/** A store in virtual time that outlives servers, and servers over it. */
export function sessionBench(overrides: Partial<Limits> = {}, shared = false) {
  const virtual = new VirtualWorld();
  const { world } = virtual;
  const limits = testLimits(overrides);
  const { windowMs } = limits;
  const store = new MemoryStore({ world, limits, shared });
  const serve = () => new Broker({ store, world, limits, log: silentLog });
  /** Entries of sessions. */
  const entries = () => store.map.list('session/', undefined, 1_000);
  const settle = () => virtual.advance(0);
  return { virtual, limits, windowMs, store, serve, entries, settle };
}

/** The process dies: its timers do, and nobody is told. */
export function kill(broker: Broker): void {
  broker.sessions.stop();
}

/** A peer whose session went on. */
export async function resumed(broker: Broker, identity: SessionIdentity): Promise<FakePeer> {
  const peer = await FakePeer.welcomed(broker, identity);
  assert.equal(peer.of('welcome')[0]?.resumed, true, JSON.stringify(peer.messages));
  return peer;
}

/** Why a session did not go on. */
export async function refusalOf(broker: Broker, identity: SessionIdentity): Promise<string | undefined> {
  const peer = await FakePeer.welcomed(broker, identity);
  assert.equal(peer.of('welcome').length, 0);
  return peer.of('refused')[0]?.code;
}

/** Runs `run` every second of virtual time. */
export function everySecond(virtual: VirtualWorld, run: () => void) {
  const { timers } = virtual.world;
  let timer = timers.after(1_000, tick);
  function tick(): void {
    run();
    timer = timers.after(1_000, tick);
  }
  return { stop: () => timer.cancel() };
}
