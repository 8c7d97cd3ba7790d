import {
  type ClientMessage,
  isErrorCode,
  PacketboatError,
  parseClientMessage,
  parseServerMessage,
} from '@packetboat/core';
import type { Link } from '@packetboat/server';
import type { ServerEnd, SimConnection } from '../network/connection.ts';
import type { Simulation } from '../simulation.ts';
import type { Storage } from './storage.ts';

/** The life of a server at the end of a connection. */
export interface WatchedServer {
  /** Of all its lives. */
  readonly name: string;
  /** Of this one, as it stands in the entries of its sessions. */
  readonly life: string;
}

/** Watches what one connection says about sessions, and what it refuses, and tells the judges. */
export class ConnectionWatch {
  readonly #simulation: Simulation;
  readonly #server: WatchedServer;
  readonly #storage: Storage;
  readonly #connection: SimConnection;
  #askedAtMs = 0;
  /** The session that the hello wants to go on in, until it is answered. */
  #asked: string | undefined;
  #session: string | undefined;

  constructor(simulation: Simulation, server: WatchedServer, storage: Storage, connection: SimConnection) {
    this.#simulation = simulation;
    this.#server = server;
    this.#storage = storage;
    this.#connection = connection;
  }

  /** What the server writes to, watched. */
  get link(): Link {
    const { link } = this.#connection;
    return {
      sendText: (text) => {
        this.#told(text);
        link.sendText(text);
      },
      sendBinary: (bytes) => link.sendBinary(bytes),
      close: (code, reason) => {
        this.#detached();
        link.close(code, reason);
      },
      get bufferedBytes() {
        return link.bufferedBytes;
      },
    };
  }

  /** What the server hears, watched. */
  end(end: ServerEnd): ServerEnd {
    return {
      text: (text) => {
        this.#heard(text);
        end.text(text);
      },
      binary: (bytes) => end.binary(bytes),
      gone: () => {
        this.#detached();
        end.gone();
      },
    };
  }

  get #nowMs(): number {
    return this.#simulation.clocks.server.monotonicMs();
  }

  #heard(text: string): void {
    const message = messageOf(text);
    if (message?.type === 'hello') {
      this.#asked = message.resume?.session;
      this.#askedAtMs = this.#nowMs;
    } else if (message?.type === 'bye' && this.#session !== undefined) {
      this.#simulation.observe('sessionLeft', { session: this.#session, connection: this.#connection.number });
      this.#session = undefined;
    } else if (message?.type === 'sum' && this.#session !== undefined) {
      this.#simulation.observe('sequenceAnswered', { session: this.#session });
    }
  }

  #told(text: string): void {
    const simulation = this.#simulation;
    const server = this.#server;
    const message = parseServerMessage(text);
    if ('code' in message && isErrorCode(message.code)) {
      const { client, number: connection } = this.#connection;
      const { type: as, code } = message;
      simulation.observe('refusalTold', { client, connection, as, code, atMs: this.#nowMs });
      // A defect, which another attempt would hide.
      if (code === 'internal') simulation.fail(new PacketboatError(code, `${server.name}: ${message.message}`));
    }
    if (message.type === 'welcome') {
      const { session, resumed, windowMs } = message;
      this.#session = session;
      this.#asked = undefined;
      const { letInBy } = this.#storage;
      if (resumed) simulation.sometimes.note('sessionResumed');
      if (resumed && letInBy.get(session) !== server.name) simulation.sometimes.note('sessionMoved');
      letInBy.set(session, server.name);
      const { number: connection } = this.#connection;
      const where = { session, connection, server: server.life };
      simulation.observe('sessionAttached', { ...where, resumed, windowMs, askedAtMs: this.#askedAtMs });
    } else if (message.type === 'refused' && this.#asked !== undefined) {
      if (message.code === 'expired') simulation.sometimes.note('sessionExpired');
      const refused = { session: this.#asked, server: server.life, code: message.code };
      simulation.observe('resumeRefused', { ...refused, atMs: this.#nowMs });
      this.#asked = undefined;
    } else if (message.type === 'sequenceBegun' && this.#session !== undefined) {
      simulation.observe('sequenceBegun', { session: this.#session });
    } else if (message.type === 'sequenceRefused' && message.code === 'expired' && this.#session !== undefined) {
      simulation.observe('sequenceLost', { session: this.#session });
    } else if (message.type === 'closing' && message.code === 'takenOver') {
      simulation.sometimes.note('sessionTakenOver');
      this.#session = undefined;
    }
  }

  #detached(): void {
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    const { number: connection } = this.#connection;
    this.#simulation.observe('sessionDetached', { session, connection, atMs: this.#nowMs });
  }
}

function messageOf(text: string): ClientMessage | undefined {
  try {
    return parseClientMessage(text);
  } catch {
    return undefined;
  }
}
