import { Socket } from 'node:net';
import type { World } from '@packetboat/core';
import type { CutHow, OneDirection, Stage } from './fault_kind.ts';
import { Pipe, type PipeMeter } from './pipe.ts';
import type { Endpoint } from './proxy.ts';

/** What a {@linkcode Link} needs. */
export interface LinkOptions {
  /** The connection that was accepted. */
  readonly client: Socket;
  readonly target: Endpoint;
  readonly world: World;
  readonly meters: Readonly<Record<OneDirection, PipeMeter>>;
  /** The stages of the faults that are active, by the fault they belong to. */
  readonly stages: Readonly<Record<OneDirection, ReadonlyMap<object, Stage>>>;
  /** The target could not be reached. */
  readonly unreachable: (cause: Error) => void;
  /** Both sides are closed. */
  readonly closed: () => void;
}

/** A client's connection, the one that stands for it at the target, and the two pipes between them. */
export class Link {
  readonly pipes: Readonly<Record<OneDirection, Pipe>>;
  readonly #sockets: Readonly<Record<OneDirection, Socket>>;
  readonly #closed: () => void;
  #openSockets = 2;
  #connected = false;

  constructor(options: LinkOptions) {
    const { client, target, world, meters, stages } = options;
    const server = new Socket({ allowHalfOpen: true });
    this.#closed = options.closed;
    this.#sockets = { up: client, down: server };
    this.pipes = {
      up: new Pipe(client, server, world, meters.up),
      down: new Pipe(server, client, world, meters.down),
    };
    for (const direction of ['up', 'down'] as const) {
      for (const [key, stage] of stages[direction]) this.pipes[direction].addStage(key, stage);
      const socket = this.#sockets[direction];
      socket.setNoDelay(true);
      socket.on('close', (failed) => this.#socketClosed(direction, failed));
    }
    client.on('error', () => {
      // What it means for the link is told by the close that follows.
    });
    server.on('connect', () => {
      this.#connected = true;
    });
    server.on('error', (cause) => {
      if (!this.#connected && !client.destroyed) options.unreachable(cause);
    });
    if (this.pipes.up.swallows === 'everything') this.pipes.up.lose();
    else server.connect(target.port, target.host);
  }

  /** Ends both connections now. What is on its way is lost. */
  cut(how: CutHow): void {
    for (const pipe of Object.values(this.pipes)) pipe.stop();
    for (const socket of Object.values(this.#sockets)) {
      if (how === 'fin') socket.destroySoon();
      else if (socket.pending) socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  /** Cuts the link if it lost something and nothing hides that any more. */
  cutIfHoled(): void {
    const visible = Object.values(this.pipes).some((pipe) => pipe.holed && pipe.swallows === 'nothing');
    if (visible) this.cut('reset');
  }

  /** The socket that `direction` begins at is gone. Without an end of its own, the other side is reset too. */
  #socketClosed(direction: OneDirection, failed: boolean): void {
    this.#openSockets -= 1;
    if (this.#openSockets === 0) {
      for (const pipe of Object.values(this.pipes)) pipe.stop();
      this.#closed();
    } else if (this.pipes[direction].swallows === 'everything') {
      this.pipes[direction].lose();
    } else if (failed || !this.#sockets[direction].readableEnded) {
      this.cut('reset');
    }
  }
}
