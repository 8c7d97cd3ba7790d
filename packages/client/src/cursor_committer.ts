import { PacketboatError } from '@packetboat/core';

interface Wish {
  offset: number;
  readonly settled: PromiseWithResolvers<void>;
}

/**
 * Moves one durable cursor: one commit on its way at a time, all that come meanwhile become one. After a cut
 * the newest is sent again: to commit the same offset twice is no error.
 */
export class CursorCommitter {
  #sent: Wish | undefined;
  #waiting: Wish | undefined;
  /** Set while there is somebody to tell. */
  #send: ((offset: number) => void) | undefined;

  /** Whether a commit waits for its answer. */
  get isAsking(): boolean {
    return this.#sent !== undefined;
  }

  /** Whether nothing waits at all. */
  get isIdle(): boolean {
    return this.#sent === undefined && this.#waiting === undefined;
  }

  /** Settles when everything before `offset` is durably done with. Rejects with `cursorRegressed` for a step back. */
  commit(offset: number): Promise<void> {
    const newest = this.#waiting ?? this.#sent;
    if (newest !== undefined && offset < newest.offset) {
      const message = `Offset ${offset} is before ${newest.offset}, which is being committed`;
      return Promise.reject(new PacketboatError('cursorRegressed', message));
    }
    if (this.#waiting === undefined) this.#waiting = { offset, settled: Promise.withResolvers() };
    else this.#waiting.offset = offset;
    const { promise } = this.#waiting.settled;
    this.#next();
    return promise;
  }

  /** The subscription is open: `send` asks the server. */
  open(send: (offset: number) => void): void {
    this.#send = send;
    this.#next();
  }

  /** The subscription is no longer open: what was asked is asked again when it is. */
  shut(): void {
    this.#send = undefined;
    const asked = this.#sent;
    this.#sent = undefined;
    if (asked === undefined) return;
    if (this.#waiting === undefined) this.#waiting = asked;
    else this.#waiting.settled.promise.then(asked.settled.resolve, asked.settled.reject);
  }

  /** The server moved the cursor. */
  committed(offset: number): void {
    if (this.#sent?.offset !== offset) return;
    this.#sent.settled.resolve();
    this.#sent = undefined;
    this.#next();
  }

  /** The server did not move the cursor. */
  refused(error: PacketboatError): void {
    this.#sent?.settled.reject(error);
    this.#sent = undefined;
    this.#next();
  }

  /** Nobody will ever answer. */
  over(error: PacketboatError): void {
    this.#sent?.settled.reject(error);
    this.#waiting?.settled.reject(error);
    this.#sent = undefined;
    this.#waiting = undefined;
    this.#send = undefined;
  }

  #next(): void {
    if (this.#send === undefined || this.#sent !== undefined || this.#waiting === undefined) return;
    this.#sent = this.#waiting;
    this.#waiting = undefined;
    this.#send(this.#sent.offset);
  }
}
