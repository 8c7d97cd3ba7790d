import { type ClientMessage, parseClientMessage, parseServerMessage } from '@packetboat/core';
import type { Link } from '@packetboat/server';
import type { ServerEnd } from '../network/connection.ts';
import type { Simulation } from '../simulation.ts';
import type { Storage } from './storage.ts';

/** Watches what one connection says about sessions, and tells the judges. */
export class SessionWatch {
  readonly #simulation: Simulation;
  readonly #server: string;
  readonly #storage: Storage;
  #askedAtMs = 0;
  /** The session that the hello wants to go on in, until it is answered. */
  #asked: string | undefined;
  #session: string | undefined;

  constructor(simulation: Simulation, server: string, storage: Storage) {
    this.#simulation = simulation;
    this.#server = server;
    this.#storage = storage;
  }

  /** The link, watched. */
  link(link: Link): Link {
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
      this.#simulation.observe('sessionUncertain', { session: this.#session });
      this.#session = undefined;
    }
  }

  #told(text: string): void {
    const simulation = this.#simulation;
    const message = parseServerMessage(text);
    if (message.type === 'welcome') {
      const { session, resumed, windowMs } = message;
      this.#session = session;
      this.#asked = undefined;
      const { letInBy } = this.#storage;
      if (resumed) simulation.sometimes.note('sessionResumed');
      if (resumed && letInBy.get(session) !== this.#server) simulation.sometimes.note('sessionMoved');
      letInBy.set(session, this.#server);
      simulation.observe('sessionAttached', { session, resumed, windowMs, askedAtMs: this.#askedAtMs });
    } else if (message.type === 'refused' && this.#asked !== undefined) {
      if (message.code === 'expired') simulation.sometimes.note('sessionExpired');
      simulation.observe('resumeRefused', { session: this.#asked, code: message.code, atMs: this.#nowMs });
      this.#asked = undefined;
    } else if (message.type === 'closing' && message.code === 'takenOver') {
      simulation.sometimes.note('sessionTakenOver');
      this.#session = undefined;
    }
  }

  #detached(): void {
    const [session, asked] = [this.#session, this.#asked];
    this.#session = undefined;
    this.#asked = undefined;
    if (asked !== undefined) this.#simulation.observe('sessionUncertain', { session: asked });
    if (session !== undefined) this.#simulation.observe('sessionDetached', { session, atMs: this.#nowMs });
  }
}

function messageOf(text: string): ClientMessage | undefined {
  try {
    return parseClientMessage(text);
  } catch {
    return undefined;
  }
}
