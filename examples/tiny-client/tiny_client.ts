/**
 * A whole client, made from docs/protocol/session.md alone: a plain WebSocket, and nothing of Packetboat. It publishes,
 * reads with verification, and goes on exactly where it was after every cut. Start here, and with the bytes in
 * binary_layout.ts, if you write a client in another language.
 *
 *     npx node examples/tiny-client/tiny_client.ts [server] [stream] [line …]
 */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { openSegment, publishFrame, seal } from './binary_layout.ts';

/** What proves that a session is ours: a secret. */
export interface Identity {
  readonly session: string;
  readonly token: string;
}

type Message = { readonly type: string; readonly [field: string]: unknown };

/** What a {@linkcode TinyClient} knows of the stream that it reads. */
interface Reading {
  readonly record: (text: string, offset: number) => void;
  number: number;
  /** The next record to deliver. */
  offset: number;
  /** Running checksum before `offset`; unknown when it begins behind a gap. */
  checksum: number | undefined;
  incarnation: string | undefined;
}

/** Section 5.3: how much may be on its way without receipt. */
interface Window {
  readonly windowBatches: number;
  readonly windowBytes: number;
}

interface Batch {
  readonly sequence: number;
  readonly sealed: Uint8Array;
  readonly stored: () => void;
}

/** Section 1.2: time for a welcome. */
const welcomeMs = 10_000;
/** Section 10. */
const expired = 4_410;
const creditBytes = 1_048_576;
/** Section 1: how many bytes may stay unreported. */
const unreportedBytes = 4_096;

/** One producer and one reader of one stream, over as many connections as it takes. */
export class TinyClient {
  readonly #url: string;
  readonly #stream: string;
  readonly #producer = `tiny ${randomUUID()}`;
  /** How each connection began. */
  readonly welcomes: ('new' | 'resumed')[] = [];
  #identity: Identity | undefined;
  /** Section 8: which hello of which life of the program, so that a late one does not take over from a later one. */
  readonly #life = randomUUID();
  #hellos = 0;
  #socket: WebSocket | undefined;
  #attempt = 0;
  #retryAfterMs = 0;
  #over: ((error: Error | undefined) => void) | undefined;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #heardMs = 0;
  /** The producer's epoch, from the first `producing` on. */
  #epoch: number | undefined;
  #incarnation: string | undefined;
  #nextSequence = 0;
  #isProducing = false;
  #isReading = false;
  /** Sealed, and without receipt: sent again as they are after every cut. */
  #unacknowledged: Batch[] = [];
  #window: Window = { windowBatches: 0, windowBytes: 0 };
  #waiting: { readonly text: string; readonly stored: () => void }[] = [];
  #reading: Reading | undefined;
  #parts: Uint8Array[] = [];
  #receivedBytes = 0;
  #reportedBytes = 0;

  /** @param identity Of a session to go on in; without it, a new one is begun. */
  constructor(url: string, stream: string, identity?: Identity) {
    this.#identity = identity;
    this.#url = `${url.replace(/^http/, 'ws')}/v1/session`;
    this.#stream = stream;
  }

  /** Keep it, to go on in the session from another process. */
  get identity(): Identity | undefined {
    return this.#identity;
  }

  /** Stays connected until {@linkcode close}; rejects when the server says that coming back is of no use. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#over = (error) => {
        this.#over = undefined;
        if (error === undefined) resolve();
        else reject(error);
      };
      this.#connect();
    });
  }

  /** Settles when the record is stored. */
  publish(text: string): Promise<void> {
    return new Promise((stored) => {
      this.#waiting.push({ text, stored });
      this.#pump();
    });
  }

  /** Reads from the start, each record once. */
  read(record: (text: string, offset: number) => void): void {
    this.#reading = { record, number: -1, offset: 0, checksum: 0, incarnation: undefined };
    this.#subscribe();
  }

  /** Section 1.4: ends the session. */
  close(): void {
    this.#say({ type: 'bye' });
    this.#end();
  }

  /** Does not come back any more. */
  #end(error?: Error): void {
    this.#over?.(error);
    clearInterval(this.#heartbeat);
    this.#socket?.close();
  }

  #connect(): void {
    const socket = new WebSocket(this.#url, 'packetboat.v1');
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    this.#parts = [];
    this.#receivedBytes = this.#reportedBytes = 0;
    this.#isProducing = this.#isReading = false;
    this.#keepAlive(socket, welcomeMs);
    socket.addEventListener('open', () => {
      this.#hellos += 1;
      const resume = this.#identity && { resume: { ...this.#identity, life: this.#life, attempt: this.#hellos } };
      this.#say({ type: 'hello', protocol: 1, client: 'tiny client', ...resume });
    });
    socket.addEventListener('message', ({ data }: { data: string | ArrayBuffer }) => {
      if (this.#socket !== socket) return;
      this.#heardMs = performance.now();
      try {
        if (typeof data === 'string') this.#hear(JSON.parse(data) as Message);
        else this.#hearBytes(new Uint8Array(data));
      } catch (error) {
        this.#end(error as Error);
      }
    });
    socket.addEventListener('error', () => this.#cameApart(socket, 0));
    socket.addEventListener('close', ({ code }) => this.#cameApart(socket, code));
  }

  /** Section 1: speaks when it is silent, and gives up a link that is. */
  #keepAlive(socket: WebSocket, silenceMs: number, heartbeatMs = silenceMs): void {
    clearInterval(this.#heartbeat);
    this.#heardMs = performance.now();
    this.#heartbeat = setInterval(() => {
      if (performance.now() - this.#heardMs < silenceMs) return this.#say({ type: 'heartbeat' });
      socket.close();
      this.#cameApart(socket, 0);
    }, heartbeatMs / 2);
  }

  /** Section 8, as the client sees it: the close code says whether to come back. */
  #cameApart(socket: WebSocket, code: number): void {
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    this.#isProducing = false;
    clearInterval(this.#heartbeat);
    if (this.#over === undefined) return;
    if (code === expired) this.#identity = undefined;
    else if (code >= 4_400 && code <= 4_500) return this.#over(new Error(`closed with ${code}`));
    const backoffMs = Math.random() * Math.min(5_000, 50 * 2 ** this.#attempt);
    this.#attempt += 1;
    setTimeout(() => this.#over && this.#connect(), Math.max(backoffMs, this.#retryAfterMs));
    this.#retryAfterMs = 0;
  }

  #hear(message: Message): void {
    switch (message.type) {
      case 'welcome':
        return this.#welcomed(message);
      case 'producing': {
        this.#epoch ??= message['epoch'] as number;
        this.#incarnation = message['incarnation'] as string;
        // What was stored without our knowing needs not be sent again.
        this.#acknowledge((message['sequence'] as number) - 1);
        this.#isProducing = true;
        for (const { sealed } of this.#unacknowledged) this.#sendBatch(sealed);
        this.#subscribe();
        return this.#pump();
      }
      case 'receipt':
        return this.#acknowledge(message['sequence'] as number);
      case 'rejected':
        return this.#rejected(message);
      case 'subscribed':
        if (this.#reading === undefined) return;
        this.#reading.number = message['number'] as number;
        this.#reading.incarnation = message['incarnation'] as string;
        return;
      case 'gap':
        if (this.#reading === undefined) return;
        this.#reading.offset = message['to'] as number;
        this.#reading.checksum = undefined;
        return;
      case 'refused':
      case 'closing':
        this.#retryAfterMs = Number(message['retryAfterMs'] ?? 0);
        return;
      case 'ended':
        return this.close();
      case 'error':
        throw new Error(`${String(message['code'])}: ${String(message['message'])}`);
    }
  }

  #welcomed(message: Message): void {
    this.#attempt = 0;
    this.welcomes.push(message['resumed'] === true ? 'resumed' : 'new');
    const { session, token } = message;
    if (typeof token === 'string') this.#identity = { session: session as string, token };
    this.#window = message['limits'] as Window;
    const heartbeatMs = message['heartbeatMs'] as number;
    if (this.#socket !== undefined) this.#keepAlive(this.#socket, 3 * heartbeatMs, heartbeatMs);
    this.#produce();
  }

  #produce(): void {
    const position =
      this.#epoch === undefined ? { create: true } : { epoch: this.#epoch, incarnation: this.#incarnation };
    this.#say({ type: 'produce', channel: 1, stream: this.#stream, producer: this.#producer, ...position });
  }

  #subscribe(): void {
    if (this.#reading === undefined || !this.#isProducing || this.#isReading) return;
    this.#isReading = true;
    const { offset, incarnation } = this.#reading;
    const from = { at: 'offset', offset };
    this.#say({ type: 'subscribe', sub: 1, stream: this.#stream, from, incarnation, credit: creditBytes });
  }

  /** Seals and sends what waits, while the window has room. */
  #pump(): void {
    while (this.#isProducing && this.#hasRoom()) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      const sequence = this.#nextSequence++;
      const sealed = seal(this.#producer, this.#epoch ?? 0, sequence, [next.text]);
      this.#unacknowledged.push({ sequence, sealed, stored: next.stored });
      this.#sendBatch(sealed);
    }
  }

  #hasRoom(): boolean {
    const bytes = this.#unacknowledged.reduce((sum, { sealed }) => sum + sealed.length, 0);
    return this.#unacknowledged.length < this.#window.windowBatches && bytes < this.#window.windowBytes;
  }

  #sendBatch(sealed: Uint8Array): void {
    this.#send(publishFrame(sealed));
  }

  #acknowledge(sequence: number): void {
    while (this.#unacknowledged[0] !== undefined && this.#unacknowledged[0].sequence <= sequence) {
      this.#unacknowledged.shift()?.stored();
    }
    this.#pump();
  }

  /** Section 10: the retryable codes mean to open the channel again. */
  #rejected(message: Message): void {
    this.#isProducing = false;
    if (!['busy', 'diskFull', 'stopping'].includes(String(message['code']))) {
      throw new Error(`${String(message['code'])}: ${String(message['message'])}`);
    }
    setTimeout(() => this.#produce(), Math.max(100, Number(message['retryAfterMs'] ?? 0)));
  }

  /** Section 4: a frame, or a part of one. */
  #hearBytes(bytes: Uint8Array): void {
    this.#receivedBytes += bytes.length;
    if (this.#receivedBytes - this.#reportedBytes >= unreportedBytes) {
      this.#reportedBytes = this.#receivedBytes;
      this.#say({ type: 'received', bytes: this.#receivedBytes });
    }
    if (bytes[0] === 2) return this.#hearSegment(bytes);
    if (bytes[0] !== 3) return;
    this.#parts.push(bytes.slice(8));
    if (bytes[1] !== 1) return;
    const whole = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#hearSegment(whole);
  }

  /** Section 6: verifies a segment and delivers what is new. What fails is never delivered. */
  #hearSegment(bytes: Uint8Array): void {
    const { number, begins, before, after, records, credit } = openSegment(bytes);
    const reading = this.#reading;
    if (reading === undefined || number !== reading.number) return;
    // A first segment may begin before the record that was asked for: then its own sums are all there is to compare.
    const follows = begins === reading.offset && (reading.checksum === undefined || reading.checksum === before);
    if (!follows && begins >= reading.offset) throw new Error('checksumMismatch');
    for (const [index, record] of records.entries()) {
      if (begins + index >= reading.offset) reading.record(new TextDecoder().decode(record), begins + index);
    }
    reading.offset = Math.max(reading.offset, begins + records.length);
    reading.checksum = after;
    this.#say({ type: 'credit', sub: 1, bytes: credit });
  }

  #say(message: Message): void {
    this.#send(JSON.stringify(message));
  }

  #send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(data);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [server = 'http://127.0.0.1:8000', stream = 'examples/tiny', ...given] = process.argv.slice(2);
  const lines = given.length > 0 ? given : ['written by a stranger', 'with nothing but a WebSocket'];
  const client = new TinyClient(server, stream);
  const ran = client.run();
  for (const line of lines) await client.publish(line);
  console.log(`${lines.length} records stored`);
  client.read((text, offset) => console.log(`${offset} ${text}`));
  process.once('SIGINT', () => client.close());
  await ran;
}
