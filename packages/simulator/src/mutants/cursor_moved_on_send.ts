import { decodeFrame, parseClientMessage, parseServerMessage } from '@packetboat/core';
import type { ServerSide } from '../seams.ts';
import type { Mutant } from './mutant.ts';

/** A cursor moves when its records are sent, not when their reader says that it is done with them. */
export const cursorMovedOnSend: Mutant = {
  name: 'cursor_moved_on_send',
  invariant: 'I5',
  seams: () => {
    const links = new WeakMap<ServerSide['link'], SentCursors>();
    const cursorsOf = ({ link }: ServerSide) => {
      const cursors = links.get(link) ?? new SentCursors();
      links.set(link, cursors);
      return cursors;
    };
    return {
      link: (side) => {
        const { link } = side;
        const cursors = cursorsOf(side);
        return {
          close: (code, reason) => link.close(code, reason),
          get bufferedBytes() {
            return link.bufferedBytes;
          },
          sendText: (text) => {
            cursors.told(text);
            link.sendText(text);
          },
          sendBinary: (bytes) => {
            cursors.sent(side, bytes);
            link.sendBinary(bytes);
          },
        };
      },
      serverEnd: (end, side) => ({
        ...end,
        text: (text) => {
          cursorsOf(side).asked(text);
          end.text(text);
        },
      }),
    };
  },
};

/** The cursors of one connection's subscriptions. */
class SentCursors {
  readonly #cursors = new Map<number, string>();
  /** By the number under which the segments come. */
  readonly #streams = new Map<
    number,
    { readonly sub: number; readonly stream: string; readonly incarnation: string }
  >();

  asked(text: string): void {
    const message = parseClientMessage(text);
    if (message.type === 'subscribe' && message.cursor !== undefined) this.#cursors.set(message.sub, message.cursor);
  }

  told(text: string): void {
    const message = parseServerMessage(text);
    if (message.type === 'subscribed') this.#streams.set(message.number, message);
  }

  sent({ broker }: ServerSide, bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    const target = frame.kind === 'segment' ? this.#streams.get(frame.number) : undefined;
    const cursor = this.#cursors.get(target?.sub ?? -1);
    if (frame.kind !== 'segment' || target === undefined || cursor === undefined) return;
    const position = { incarnation: target.incarnation, offset: frame.base + frame.count };
    broker.cursors.move(target.stream, cursor, position).catch(() => undefined);
  }
}
