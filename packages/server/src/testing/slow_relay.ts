import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';

const slices = 100;

/**
 * A TCP relay that lets at most `bytesPerSecond` through in each direction and reads no further ahead. For tests of
 * slow links.
 */
export class SlowRelay implements AsyncDisposable {
  readonly port: number;
  readonly #close: () => Promise<void>;

  private constructor(port: number, close: () => Promise<void>) {
    this.port = port;
    this.#close = close;
  }

  static async start(targetPort: number, bytesPerSecond: number): Promise<SlowRelay> {
    const sockets = new Set<Socket>();
    const server = createServer((inner) => {
      const outer = connect(targetPort, '127.0.0.1');
      for (const [from, to] of [
        [inner, outer],
        [outer, inner],
      ] as const) {
        sockets.add(from);
        from.on('error', () => to.destroy());
        from.on('close', () => to.destroy());
        void pour(from, to, bytesPerSecond);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new SlowRelay((server.address() as AddressInfo).port, async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

async function pour(from: Socket, to: Socket, bytesPerSecond: number): Promise<void> {
  const sliceBytes = Math.ceil(bytesPerSecond / slices);
  try {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; at += sliceBytes) {
        to.write(chunk.subarray(at, at + sliceBytes));
        await setTimeout(1_000 / slices);
      }
    }
  } catch {
    to.destroy();
  }
}
