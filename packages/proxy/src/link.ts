import { Socket } from 'node:net';
import type { Timer, World } from '@packetboat/core';
import type { CutHow, OneDirection, Stage } from './fault_kind.ts';
import { Pipe } from './pipe.ts';
import type { EndCause, Endpoint } from './proxy.ts';
import type { Watcher } from './watcher.ts';

/** What a {@linkcode Link} needs. */
export interface LinkOptions {
  readonly number: number;
  /** The connection that was accepted. */
  readonly client: Socket;
  readonly target: Endpoint;
  readonly world: World;
  /** Looks at what comes from the server. @default nobody looks */
  readonly watcher?: Watcher | undefined;
  readonly sighted: (what: string) => void;
  readonly passed: (direction: OneDirection, byteCount: number) => void;
  readonly swallowed: (direction: OneDirection, byteCount: number) => void;
  /** Both sides are closed. `why` is said when the target could not be reached. */
  readonly closed: (cause: EndCause, why: Error | undefined) => void;
}

const directions: readonly OneDirection[] = ['up', 'down'];
/** Time a target has to accept a connection. */
const connectMs = 10_000;
/** A link that waits for one of its sides, and over which nothing passes for so long, is cut (P7). */
const stuckMs = 60_000;

/** A client's connection, the one that stands for it at the target, and the two pipes between them. */
export class Link {
  readonly number: number;
  readonly bornMs: number;
  readonly pipes: Readonly<Record<OneDirection, Pipe>>;
  readonly #options: LinkOptions;
  /** Where each direction begins. */
  readonly #sources: Readonly<Record<OneDirection, Socket>>;
  /** Of the faults that cut this link after a time. */
  readonly #timers = new Map<string, Timer>();
  #openSockets = 2;
  #connected = false;
  #cutting = false;
  #cause: EndCause | undefined;
  #why: Error | undefined;
  #moved = { bytes: 0, atMs: 0 };

  constructor(options: LinkOptions) {
    const { client, world, watcher, sighted } = options;
    const server = new Socket({ allowHalfOpen: true });
    this.#options = options;
    this.number = options.number;
    this.bornMs = world.clock.monotonicMs();
    this.#sources = { up: client, down: server };
    const pipe = (direction: OneDirection, source: Socket, sink: Socket): Pipe =>
      new Pipe({
        source,
        sink,
        world,
        watcher: direction === 'down' ? watcher : undefined,
        sighted,
        passed: (byteCount) => options.passed(direction, byteCount),
        swallowed: (byteCount) => options.swallowed(direction, byteCount),
        cut: (how) => this.cut(how, 'cut'),
      });
    this.pipes = { up: pipe('up', client, server), down: pipe('down', server, client) };
    this.pipes.down.open();
    for (const direction of directions) {
      const socket = this.#sources[direction];
      socket.setNoDelay(true);
      socket.on('close', (failed) => this.#socketClosed(direction, failed));
    }
    client.on('error', () => {
      // What it means for the link is told by the close that follows.
    });
    server.on('error', (why) => {
      if (!this.#connected && !this.#cutting) this.#unreachable(why);
    });
    server.on('connect', () => {
      this.#connected = true;
      this.pipes.up.open();
    });
  }

  /** Whether it has ended, or is about to. */
  get over(): boolean {
    return this.#cutting || this.#openSockets < 2;
  }

  /** Goes on to the target, unless a fault hides that anybody came. */
  enter(): void {
    if (this.over) return;
    const { target } = this.#options;
    this.#moved = { bytes: 0, atMs: this.#options.world.clock.monotonicMs() };
    if (this.pipes.up.swallows === 'everything') this.pipes.up.lose();
    else this.#sources.down.connect(target.port, target.host);
  }

  /** Lets a fault act on one direction until it is taken away by the same `name`. */
  addStage(name: string, direction: OneDirection, stage: Stage): void {
    this.pipes[direction].addStage(name, stage);
    const { linkEnd, resetsSource } = stage;
    if (linkEnd !== undefined) {
      const cut = () => this.cut(linkEnd.how, 'cut');
      this.#timers.set(`${name}/${direction}`, this.#options.world.timers.after(linkEnd.afterMs, cut));
    }
    if (resetsSource === true) {
      this.#cause ??= 'cut';
      reset(this.#sources[direction]);
    }
  }

  removeStages(name: string): void {
    for (const direction of directions) {
      this.pipes[direction].removeStage(name);
      this.#timers.get(`${name}/${direction}`)?.cancel();
    }
  }

  /** Cuts the link if it lost something and nothing hides that any more. */
  cutIfHoled(): void {
    const visible = Object.values(this.pipes).some((pipe) => pipe.holed && pipe.swallows === 'nothing');
    if (visible) this.cut('reset', 'cut');
  }

  /** Ends both connections now. What is on its way is lost. */
  cut(how: CutHow, cause: EndCause): void {
    // A FIN waits for a side that does not read; a reset does not.
    if (this.#cutting && how === 'fin') return;
    this.#cutting = true;
    this.#cause ??= cause;
    this.#forget();
    for (const socket of Object.values(this.#sources)) {
      if (how === 'fin') socket.destroySoon();
      else reset(socket);
    }
  }

  /** Cuts the link if it waits for a side in vain. To be called now and then. */
  inspect(): void {
    const nowMs = this.#options.world.clock.monotonicMs();
    const { up, down } = this.pipes;
    const { up: client, down: server } = this.#sources;
    const bytes = up.passedBytes + down.passedBytes;
    const ended = client.readableEnded || server.readableEnded || this.#cutting;
    const waits = ended || server.connecting || up.awaitsSink || down.awaitsSink;
    const held = up.delayed || down.delayed || (server.pending && !server.connecting);
    const heldByFault = held && !this.#cutting;
    if (bytes !== this.#moved.bytes || !waits || heldByFault) this.#moved = { bytes, atMs: nowMs };
    const quietMs = nowMs - this.#moved.atMs;
    if (server.connecting && quietMs >= connectMs) {
      this.#unreachable(new Error(`no answer for ${connectMs / 1_000} s`));
    } else if (quietMs >= stuckMs) {
      this.cut('reset', 'stuck');
    }
  }

  #unreachable(why: Error): void {
    this.#why = why;
    this.cut('reset', 'unreachable');
  }

  /** The socket that `direction` begins at is gone. Without an end of its own, the other side is reset too. */
  #socketClosed(direction: OneDirection, failed: boolean): void {
    this.#openSockets -= 1;
    if (this.#openSockets === 0) {
      this.#forget();
      this.#options.closed(this.#cause ?? 'closed', this.#why);
    } else if (this.#cutting) {
      // The other one follows.
    } else if (this.pipes[direction].swallows === 'everything') {
      this.pipes[direction].lose();
    } else if (failed || !this.#sources[direction].readableEnded) {
      this.cut('reset', direction === 'up' ? 'clientReset' : 'serverReset');
    }
  }

  #forget(): void {
    for (const pipe of Object.values(this.pipes)) pipe.stop();
    for (const timer of this.#timers.values()) timer.cancel();
  }
}

function reset(socket: Socket): void {
  // While a FIN leaves, the system refuses the reset, and the socket would never say that it is closed.
  const isEnding = socket.writableEnded && !socket.writableFinished;
  if (socket.pending || isEnding) socket.destroy();
  else socket.resetAndDestroy();
}
