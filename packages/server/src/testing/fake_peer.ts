import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import {
  type ClientMessage,
  encodeMessage,
  encodePublish,
  FrameReceiver,
  parseServerMessage,
  type ResumeAttempt,
  type SegmentFrame,
  type ServerMessage,
  type SessionIdentity,
} from '@packetboat/core';
import type { Broker } from '../broker/broker.ts';
import type { Link } from '../connection/link.ts';
import { Connection } from '../connection/connection.ts';

type Named<Type extends ServerMessage['type']> = Extract<ServerMessage, { readonly type: Type }>;

/** A client without a socket: keeps what the connection says, and reports what it has read as real clients do. */
export class FakePeer implements Link {
  readonly connection: Connection;
  readonly messages: ServerMessage[] = [];
  readonly frames: SegmentFrame[] = [];
  /** Binary messages as they came: the very buffers. */
  readonly binaries: Uint8Array[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  /** What the operating system has not taken. */
  bufferedBytes = 0;
  readonly #receiver: FrameReceiver;
  #reading = true;
  #unread: Uint8Array[] = [];

  constructor(broker: Broker) {
    const report = (bytes: number) => queueMicrotask(() => this.say({ type: 'received', bytes }));
    this.#receiver = new FrameReceiver({ frameBytesMax: broker.limits.frameBytesMax, report });
    this.connection = new Connection(broker, this);
  }

  /** A peer that has said hello, and may say more: it waits for the welcome. */
  static greeting(broker: Broker, resume?: SessionIdentity & ResumeAttempt): FakePeer {
    const peer = new FakePeer(broker);
    peer.say({ type: 'hello', protocol: 1, client: 'test', resume });
    return peer;
  }

  /** A peer that was welcomed, or refused. */
  static async welcomed(broker: Broker, resume?: SessionIdentity & ResumeAttempt): Promise<FakePeer> {
    const peer = FakePeer.greeting(broker, resume);
    await setImmediate();
    return peer;
  }

  /** What resumes the session that it was welcomed to. */
  get identity(): SessionIdentity {
    const [{ session, token = '' } = assert.fail('it was not welcomed')] = this.of('welcome');
    return { session, token };
  }

  say(message: ClientMessage): void {
    this.connection.receiveText(encodeMessage(message));
  }

  publish(channel: number, ...batches: Uint8Array[]): void {
    this.connection.receiveBinary(encodePublish(channel, batches));
  }

  /** Messages of one type, in order. */
  of<Type extends ServerMessage['type']>(type: Type): Named<Type>[] {
    return this.messages.filter((message): message is Named<Type> => message.type === type);
  }

  /** Bytes of binary messages that it has not read. */
  get unreadBytes(): number {
    return this.#unread.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  stopReading(): void {
    this.#reading = false;
  }

  readOn(): void {
    this.#reading = true;
    const unread = this.#unread;
    this.#unread = [];
    for (const bytes of unread) this.#take(bytes);
  }

  sendText(text: string): void {
    this.messages.push(parseServerMessage(text));
  }

  sendBinary(bytes: Uint8Array): void {
    if (this.#reading) this.#take(bytes);
    else this.#unread.push(bytes);
  }

  close(code: number, reason: string): void {
    this.closed ??= { code, reason };
  }

  #take(bytes: Uint8Array): void {
    this.binaries.push(bytes);
    const frame = this.#receiver.take(bytes);
    if (frame?.kind === 'segment') this.frames.push(frame);
  }
}
