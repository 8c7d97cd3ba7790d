import type { ClientMessage, StreamInfo } from '@packetboat/core';
import type { MemorySession } from './memory_session.ts';

/** A subscription: sends whole segments while there is credit, tells of gaps and ends, and moves a cursor. */
export class MemoryReader {
  readonly #session: MemorySession;
  readonly #number: number;
  readonly #wish: ClientMessage & { readonly type: 'subscribe' };
  #position = 0;
  #credit = 0;
  #open = false;
  #caughtUp = false;
  #working = false;
  #woken = false;

  constructor(session: MemorySession, number: number, wish: ClientMessage & { readonly type: 'subscribe' }) {
    this.#session = session;
    this.#number = number;
    this.#wish = wish;
    this.#credit = wish.credit;
  }

  async open(): Promise<void> {
    const { sub, stream, incarnation } = this.#wish;
    const { server } = this.#session;
    if (server.isBusy()) return this.#refuse('busy');
    const info = await server.store.log.info(stream);
    if (typeof info === 'string') return this.#refuse(info);
    if (incarnation !== undefined && incarnation !== info.incarnation) return this.#refuse('incarnationMismatch');
    this.#position = await this.#from(info);
    this.#open = true;
    const { contentType, first, tail } = info;
    const [number, from] = [this.#number, this.#position];
    const where = { sub, number, stream, incarnation: info.incarnation, contentType, from, first, tail };
    this.#session.sendInOrder({ type: 'subscribed', ...where });
    this.wake();
  }

  stop(): void {
    this.#open = false;
  }

  grant(bytes: number): void {
    this.#credit += bytes;
    this.wake();
  }

  wake(): void {
    this.#woken = true;
    if (!this.#working) void this.#work();
  }

  commit(offset: number): void {
    const { sub, stream, cursor = '' } = this.#wish;
    if (offset > this.#position) return this.#refuse('cursorAhead');
    const refusal = this.#session.server.moveCursor(stream, cursor, offset);
    if (refusal !== undefined) return this.#refuse(refusal);
    this.#session.send({ type: 'committed', sub, offset });
  }

  async #from(info: StreamInfo): Promise<number> {
    const { from, stream, cursor = '' } = this.#wish;
    switch (from.at) {
      case 'offset':
        return from.offset ?? 0;
      case 'now':
        return info.tail;
      case 'cursor':
        return this.#session.server.cursors.get(`${stream} ${cursor}`) ?? 0;
      default:
        return 0;
    }
  }

  async #work(): Promise<void> {
    this.#working = true;
    while (this.#woken && this.#open) {
      this.#woken = false;
      await this.#sendMore();
    }
    this.#working = false;
  }

  async #sendMore(): Promise<void> {
    const { sub, stream } = this.#wish;
    const { log } = this.#session.server.store;
    const outcome = await log.read(stream, this.#position, 1);
    if (!this.#open) return;
    if (outcome.kind === 'trimmed') {
      const [from, to] = [this.#position, outcome.info.first];
      this.#session.sendInOrder({ type: 'gap', sub, from, to, count: to - from, reason: 'retention' });
      this.#position = to;
      return this.wake();
    }
    if (outcome.kind !== 'segments') return this.#end('deleted');
    const [segment] = outcome.segments;
    if (segment === undefined) return this.#sentAll(outcome.info.closed);
    if (this.#credit <= 0) return;
    this.#credit -= segment.bytes.length;
    this.#position = segment.base + segment.count;
    this.#session.sendSegment(this.#number, segment);
    this.wake();
  }

  #sentAll(closed: boolean): void {
    const [sub, offset] = [this.#wish.sub, this.#position];
    if (!this.#caughtUp) this.#session.sendInOrder({ type: 'caughtUp', sub, offset });
    this.#caughtUp = true;
    if (closed) this.#end('closed');
  }

  #end(reason: string): void {
    const [sub, offset] = [this.#wish.sub, this.#position];
    this.#open = false;
    this.#session.sendInOrder({ type: 'ended', sub, reason, offset });
  }

  #refuse(code: string): void {
    this.#session.send({ type: 'error', sub: this.#wish.sub, code, message: 'refused', retryAfterMs: 5 });
  }
}
