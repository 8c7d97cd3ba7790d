import { Worker } from 'node:worker_threads';
import { PacketboatError } from '@packetboat/core';
import { fromWireError, type WireError } from './wire.ts';

interface Waiting {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

type Message = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: WireError };

/** The near side of a thread that runs {@linkcode serveThread}. `Answers` gives the answer to each kind of question. */
export class ThreadClient<
  Questions extends { readonly kind: string },
  Answers extends { [Kind in Questions['kind']]: unknown },
> {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #ended: Error | undefined;

  /**
   * @param name Of the module beside this one, without its ending.
   * @param onEnd Called when the thread ends unasked.
   */
  constructor(name: string, workerData: unknown, onEnd: (error: Error) => void) {
    // The same ending as this file: .ts in the source tree, .js in a published package.
    const url = new URL(`./${name}${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`, import.meta.url);
    this.#worker = new Worker(url, { workerData, name });
    this.#worker.on('message', (message: Message) => this.#settle(message));
    this.#worker.on('error', (error: Error) => this.#end(error, onEnd));
    this.#worker.on('exit', (code) => this.#end(new Error(`The thread ${name} ended with ${code}`), onEnd));
  }

  ask<Question extends Questions>(
    question: Question,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Answers[Question['kind']]> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(new PacketboatError('storeFailed', this.#ended.message, { cause: this.#ended }));
        return;
      }
      const id = ++this.#lastId;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, question }, [...transfer]);
    });
  }

  /** Ends the thread as it stands. What still waits for an answer is rejected. */
  async end(): Promise<void> {
    this.#end(new Error('The store is closed'), () => undefined);
    await this.#worker.terminate();
  }

  #settle(message: Message): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ('error' in message) waiting?.reject(fromWireError(message.error));
    else waiting?.resolve(message.value as never);
  }

  #end(error: Error, onEnd: (error: Error) => void): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    for (const { reject } of this.#waiting.values()) {
      reject(new PacketboatError('storeFailed', error.message, { cause: error }));
    }
    this.#waiting.clear();
    onEnd(error);
  }
}
