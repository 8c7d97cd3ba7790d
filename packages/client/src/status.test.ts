import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PacketboatError } from '@packetboat/core';
import { type StatusChange, statusText } from './status.ts';

const silent = new PacketboatError('timeout', 'The server was silent for too long');
const expired = new PacketboatError('expired', 'The session is not known any more');

for (const [change, text] of [
  [{ status: 'connecting' }, 'connecting'],
  [{ status: 'connecting', attempt: 2 }, 'connecting, attempt 3'],
  [{ status: 'connected', resumed: false }, 'connected, a new session'],
  [{ status: 'connected', resumed: true }, 'connected, the session goes on'],
  [
    { status: 'waiting', attempt: 1, retryInMs: 1_420, reason: silent },
    'the link is down (The server was silent for too long); attempt 2 in 1.4 s',
  ],
  [
    { status: 'waiting', attempt: 1, retryInMs: 90, reason: expired },
    'the session has expired, a new one is begun (The session is not known any more); attempt 2 in 0.1 s',
  ],
  [{ status: 'closed', reason: expired }, 'closed: The session is not known any more'],
] satisfies [StatusChange, string][]) {
  test(`statusText says to a person: ${text}`, () => assert.equal(statusText(change), text));
}
