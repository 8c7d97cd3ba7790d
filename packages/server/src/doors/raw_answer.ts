import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { PacketboatError } from '@packetboat/core';
import { problemHeaders, problemOf } from './problem.ts';

/** Answers on a socket that has no response object (a malformed request, a refused upgrade), and closes it. */
export function answerRaw(socket: Duplex, error: PacketboatError): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const body = problemOf(error, undefined);
  const { status } = error.row;
  const headers = { ...problemHeaders(error), 'Content-Length': Buffer.byteLength(body), Connection: 'close' };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`;
  socket.end(text, () => socket.destroy());
}
