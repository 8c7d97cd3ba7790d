import type { ErrorCode } from '@packetboat/core';
import { type Checker, type Listeners, type Observation, Violation } from '../observation.ts';

/** Codes that say that bytes are not what they were, or make no sense. */
const damageCodes: ReadonlySet<ErrorCode> = new Set([
  'badBatch',
  'badFrame',
  'checksumMismatch',
  'damaged',
  // A batch whose length was damaged.
  'tooLarge',
]);

/** What has reached a client damaged, as long as it can matter to it. */
interface Reached {
  /** Whole frames in which no fault was found yet that ends a connection. */
  frames: number;
  /** Whether it has such a part of a frame that is not whole yet. */
  part: boolean;
}

/**
 * I9: damage is told of what was damaged, and of nothing else. A server says that a frame is bad only on a connection on
 * which a damaged one has come, and that it met damage only once for each commit that did: soon after it, and at one moment
 * to all who waited for it. A client finds fault only with what came to it damaged. A program ends in such an error only
 * when its server or its own SDK had found that damage.
 *
 * Does not verify that all damage is told: what is taken for good shows as a foreign record or another checksum. Nor which
 * of those that wrote at the time of a damaged commit is told of it.
 */
export class DamageIsTrue implements Checker {
  readonly invariant = 'I9';
  /** Connections on which a server got a damaged frame. */
  readonly #damagedAtServer = new Set<number>();
  /** By program. */
  readonly #damagedAtClient = new Map<string, Reached>();
  /** When the commits that met damage, and of which nobody was told yet, were to be told at the latest. */
  #commitsUntilMs: number[] = [];
  /** When one was told: several may have waited for it, as newcomers do for the first lease of their server. */
  #commitToldMs = Number.NaN;
  /** Program → what it was told in answer to something it wanted, and on the end of a connection. */
  readonly #answered = new Map<string, Set<ErrorCode>>();
  readonly #closed = new Map<string, Set<ErrorCode>>();

  readonly listeners: Listeners = {
    frameDamaged: ({ client, connection, direction, whole }) => {
      if (direction === 'up') this.#damagedAtServer.add(connection);
      else this.#reached(client, whole);
    },
    commitDamaged: ({ untilMs }) => this.#commitsUntilMs.push(untilMs),
    refusalTold: (told) => this.#refused(told),
    linkEnded: (ended) => this.#linkEnded(ended),
    programFailed: (failed) => this.#failed(failed),
  };

  #reached(client: string, whole: boolean): void {
    const reached = this.#damagedAtClient.get(client) ?? { frames: 0, part: false };
    this.#damagedAtClient.set(client, reached);
    if (whole) reached.frames += 1;
    reached.part = !whole;
  }

  #refused({ client, connection, as, code, atMs }: Observation['refusalTold']): void {
    if (!damageCodes.has(code)) return;
    if (code === 'damaged') this.#tellCommit(client, atMs);
    else if (code === 'checksumMismatch' || !this.#damagedAtServer.has(connection)) {
      throw new Violation('I9', `${client} was told ${code} (${as}), and nothing damaged has come from it`);
    }
    const told = as === 'closing' ? this.#closed : this.#answered;
    told.set(client, (told.get(client) ?? new Set()).add(code));
  }

  #tellCommit(client: string, atMs: number): void {
    if (atMs === this.#commitToldMs) return;
    this.#commitToldMs = atMs;
    this.#commitsUntilMs = this.#commitsUntilMs.filter((untilMs) => untilMs >= atMs);
    if (this.#commitsUntilMs.shift() === undefined) {
      throw new Violation('I9', `${client} was told of damage, and no commit has met any that was not told already`);
    }
  }

  #linkEnded({ client, code }: Observation['linkEnded']): void {
    const reached = this.#damagedAtClient.get(client) ?? { frames: 0, part: false };
    const found = damageCodes.has(code) && this.#closed.get(client)?.has(code) !== true;
    if (found && reached.frames === 0 && !reached.part) {
      throw new Violation('I9', `${client} found ${code} in what was not damaged`);
    }
    // It was found, or what it was a part of will never be whole.
    if (found && !reached.part) reached.frames -= 1;
    reached.part = false;
  }

  #failed({ client, code }: Observation['programFailed']): void {
    if (!damageCodes.has(code) || this.#answered.get(client)?.has(code) === true) return;
    if (code === 'checksumMismatch' && (this.#damagedAtClient.get(client)?.frames ?? 0) > 0) return;
    throw new Violation('I9', `${client} ended with ${code}, and nothing that it got was damaged`);
  }
}
