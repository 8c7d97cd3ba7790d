import { windowLeftMs } from '@packetboat/core';
import type { Broker } from './broker.ts';
import type { Session } from './session.ts';
import type { SessionEntries } from './session_entries.ts';

/** What {@linkcode SessionWindows} needs. */
export interface SessionWindowsOptions {
  readonly broker: Broker;
  readonly entries: SessionEntries;
  /** A session is over and was deleted: settles when all that was kept for it is deleted too. */
  readonly ended: (session: string) => Promise<void>;
  /** This server has it no longer. */
  readonly gone: (session: Session) => void;
}

/** When to try again to delete a session, where the store could not. */
const retryMs = 5_000;

/** How sessions end: when their window has passed, or because their client has left. */
export class SessionWindows {
  readonly #options: SessionWindowsOptions;
  #stopped = false;

  constructor(options: SessionWindowsOptions) {
    this.#options = options;
  }

  /** Waits for the end of the session's window, if it has one. */
  watch(session: Session): void {
    const { world, counters, log } = this.#options.broker;
    session.timer?.cancel();
    session.timer = undefined;
    if (this.#stopped || session.ending || session.resuming > 0) return;
    const leftMs = windowLeftMs(session, world.clock.monotonicMs());
    if (leftMs > 0) {
      if (leftMs === Number.POSITIVE_INFINITY) return;
      session.timer = world.timers.after(leftMs, () => this.watch(session));
      return;
    }
    counters.sessionsExpired += 1;
    log.info({ session: session.id }, 'a session has expired');
    void this.forget(session);
  }

  /** Deletes a session that is over, unless another server has it meanwhile; later, when the store cannot now. */
  async forget(session: Session): Promise<void> {
    const { broker, entries, ended, gone } = this.#options;
    const { id, revision } = session;
    session.timer?.cancel();
    session.ending = true;
    try {
      const isOver = revision === undefined || (await entries.delete(id, revision));
      if (isOver) await ended(id);
      gone(session);
    } catch (error) {
      broker.log.warn({ session: id, error }, 'a session that is over could not be deleted');
      if (this.#stopped) return;
      session.timer = broker.world.timers.after(retryMs, () => void this.forget(session));
    }
  }

  /** Lets no session expire any more. */
  stop(sessions: Iterable<Session>): void {
    this.#stopped = true;
    for (const { timer } of sessions) timer?.cancel();
  }
}
