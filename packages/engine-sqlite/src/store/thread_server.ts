import { parentPort } from 'node:worker_threads';
import { assert } from '@packetboat/core';
import { toWireError } from './wire.ts';

/** What a thread answers: a value, and the buffers that are handed over with it. */
export interface Answer {
  readonly value: unknown;
  readonly transfer?: readonly ArrayBuffer[];
}

/**
 * Answers the questions of the thread that started this one, one after the other.
 *
 * @param answer May throw; the error is the answer.
 */
export function serveThread(answer: (question: never) => Answer): void {
  const port = parentPort;
  assert(port !== null, 'this module runs as a worker thread');
  port.on('message', ({ id, question }: { id: number; question: never }) => {
    try {
      const { value, transfer = [] } = answer(question);
      port.postMessage({ id, value }, [...transfer]);
    } catch (error) {
      port.postMessage({ id, error: toWireError(error) });
    }
  });
}
