import { type ErrorCode, type Limits, MemoryStore, type ServerMessage } from '@packetboat/core';
import { testLimits, VirtualWorld } from '@packetboat/core/testing';
import type { Client } from '../client.ts';
import { connect, type ConnectOptions } from '../connect.ts';
import { FakeNetwork } from './fake_network.ts';
import { MemorySession } from './memory_session.ts';

/**
 * A small server that keeps the session protocol, over a memory store and a network without sockets: what the SDK is
 * tried against as a whole. Of the methods it has `cursors.move`; cursors survive connections.
 */
export class MemoryServer {
  readonly virtual: VirtualWorld;
  readonly network: FakeNetwork;
  readonly store: MemoryStore;
  readonly limits: Limits;
  /** Offsets by stream and cursor. */
  readonly cursors = new Map<string, number>();
  /** How often it answers `busy` where it could have helped, 0 to 1. */
  busyFraction = 0;
  /** What broke the protocol, or us. */
  readonly defects: unknown[] = [];
  readonly #sessions = new Set<MemorySession>();

  constructor(seed: number, limits: Partial<Limits> = {}) {
    this.limits = testLimits(limits);
    this.virtual = new VirtualWorld(seed);
    const { world } = this.virtual;
    this.store = new MemoryStore({ world, limits: this.limits });
    const wake = () => {
      for (const session of this.#sessions) session.wake();
    };
    this.store.log.listen({ segment: wake, trimmed: wake, deleted: wake });
    this.network = new FakeNetwork(world, (peer) => {
      const session = new MemorySession(this, peer);
      this.#sessions.add(session);
      peer.onClose = () => this.#sessions.delete(session);
      peer.onMessage = (data) => {
        try {
          session.take(data);
        } catch (error) {
          this.defects.push(error);
        }
      };
    });
  }

  /** Connections that are open. */
  get sessions(): number {
    return this.#sessions.size;
  }

  get welcome(): ServerMessage {
    const { limits, store } = this;
    return {
      type: 'welcome',
      session: 's',
      resumed: false,
      server: 'memory',
      store: store.id,
      durability: store.durability,
      heartbeatMs: limits.heartbeatMs,
      windowMs: limits.windowMs,
      callKeyMs: 600_000,
      limits: {
        recordBytes: limits.recordBytesMax,
        batchBytes: limits.batchBytesMax,
        frameBytes: limits.frameBytesMax,
        windowBytes: limits.windowBytesMax,
        windowBatches: limits.windowBatchesMax,
        creditBytes: limits.creditBytesMax,
      },
    };
  }

  /** Moves a cursor, never back; gives the code of a refusal. */
  moveCursor(stream: string, cursor: string, offset: number): ErrorCode | undefined {
    const key = `${stream} ${cursor}`;
    if (this.isBusy()) return 'busy';
    if (offset < (this.cursors.get(key) ?? 0)) return 'cursorRegressed';
    this.cursors.set(key, offset);
    return undefined;
  }

  /** By chance, see {@linkcode busyFraction}. */
  isBusy(): boolean {
    return this.busyFraction > 0 && this.virtual.world.random.fraction() < this.busyFraction;
  }

  connect(options: ConnectOptions = {}): Promise<Client> {
    const { world } = this.virtual;
    return connect('http://memory', { world, webSocket: this.network.webSocket, ...options });
  }

  /** Lets time pass until `promise` settles, at most an hour. */
  async until<Value>(promise: Promise<Value>): Promise<Value> {
    const state = { pending: true };
    const settled = promise.finally(() => {
      state.pending = false;
    });
    settled.catch(() => undefined);
    for (let waits = 0; state.pending && waits < 7_200; waits++) await this.virtual.advance(500);
    if (state.pending) throw new Error('It does not settle in an hour');
    return settled;
  }
}
