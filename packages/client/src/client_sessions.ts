import {
  type ClientSession,
  hex,
  linkEnded,
  PacketboatError,
  presented,
  type Random,
  type ResumeAttempt,
  type SessionIdentity,
  type SessionWelcome,
  welcomed,
  type WhenExpired,
} from '@packetboat/core';
import type { SessionKeeper } from './session_keeper.ts';

/** What {@linkcode ClientSessions} needs. */
export interface ClientSessionsOptions {
  /** Absent: the session is known to this life of the program only. */
  readonly keeper: SessionKeeper | undefined;
  readonly whenExpired: WhenExpired;
  readonly random: Random;
  /** The keeper failed: nobody would find the session again. */
  readonly failed: (error: PacketboatError) => void;
}

const lifeBytes = 8;

/** The session of a client, and after it the next one; what changes is told to the keeper, in order. */
export class ClientSessions {
  readonly #options: ClientSessionsOptions;
  /** Tells this life of the program from others that go on in the same session. */
  readonly #life: string;
  #attempt = 0;
  #session: ClientSession = { kind: 'fresh' };
  #saved: Promise<void> = Promise.resolve();

  constructor(options: ClientSessionsOptions) {
    this.#options = options;
    this.#life = hex(options.random.bytes(lifeBytes));
  }

  /** What resumes the session: its name and secret. */
  get presented(): SessionIdentity | undefined {
    return presented(this.#session);
  }

  /** What the next hello asks for. Each is told apart from those before it: one of them may be late. */
  resume(): (SessionIdentity & ResumeAttempt) | undefined {
    const { presented: identity } = this;
    if (identity === undefined) return undefined;
    this.#attempt += 1;
    return { ...identity, life: this.#life, attempt: this.#attempt };
  }

  /** Settles when the keeper has kept what it was told. */
  get saved(): Promise<void> {
    return this.#saved;
  }

  /** Asks the keeper for the session of an earlier life. */
  async load(): Promise<void> {
    const { keeper, failed } = this.#options;
    try {
      const identity = await keeper?.load();
      if (identity !== undefined) this.#session = { kind: 'detached', identity };
    } catch (error) {
      failed(keeperFailed(error));
    }
  }

  /** @throws {PacketboatError} `badFrame` for a welcome that does not fit what was asked. */
  welcomed(welcome: SessionWelcome): void {
    const before = this.presented;
    this.#session = welcomed(this.#session, welcome);
    if (this.presented !== before) this.#save(this.presented);
  }

  /** A link ended. `again`: come back; `renew`: come back at once, for a new session; `over`: do not come back. */
  ended(error: PacketboatError, refused: boolean): 'again' | 'renew' | 'over' {
    const before = this.presented;
    this.#session = linkEnded(this.#session, { code: error.code, refused }, this.#options.whenExpired);
    // Of a session that was taken over the keeper keeps what its new owner saved.
    if (error.code === 'expired' && refused && before !== undefined) this.#save(undefined);
    if (this.#session.kind === 'over') return 'over';
    return before !== undefined && this.presented === undefined ? 'renew' : 'again';
  }

  /** The user closes: nobody goes on in the session. */
  closed(): void {
    if (this.presented !== undefined) this.#save(undefined);
    this.#session = { kind: 'over', code: 'aborted' };
  }

  #save(identity: SessionIdentity | undefined): void {
    const { keeper, failed } = this.#options;
    if (keeper === undefined) return;
    this.#saved = this.#saved.then(() => keeper.save(identity)).catch((error) => failed(keeperFailed(error)));
  }
}

function keeperFailed(cause: unknown): PacketboatError {
  return new PacketboatError('storeFailed', `The session keeper failed: ${String(cause)}`, { cause });
}
