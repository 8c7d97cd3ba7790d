import type { Case, Step } from '../case.ts';
import { acknowledges, creates, opens, subscribe } from '../phrases.ts';
import { product, sum } from '../words.ts';

/** Section 1: heartbeats and flow. */
export const livenessCases: readonly Case[] = [
  {
    name: 'heartbeat: an idle server says one after heartbeatMs',
    clause: '1',
    why: 'Without it a client cannot tell a quiet link from a dead one.',
    waits: 'seconds',
    steps: [
      { greet: {} },
      { expect: { type: 'heartbeat' }, withinMs: sum('$it.heartbeatMs', 2_000) },
      { expect: { type: 'heartbeat' }, withinMs: sum('$it.heartbeatMs', 2_000) },
    ],
  },
  {
    name: 'heartbeat: it is not answered, and changes nothing',
    clause: '1',
    why: 'Answers to answers never end.',
    steps: [{ greet: {} }, ...Array.from({ length: 5 }, () => ({ say: { type: 'heartbeat' } })), { quiet: true }],
  },
  {
    name: 'heartbeat: a client that is silent for three is given up, and may come back',
    clause: '1',
    why: 'A link that is gone for one side only must be found.',
    waits: 'seconds',
    steps: [
      { greet: { still: true } },
      {
        expect: { type: 'closing', code: 'timeout' },
        withinMs: sum('$it.heartbeatMs', '$it.heartbeatMs', '$it.heartbeatMs', 3_000),
      },
      { closed: [4001] },
      { greet: { resume: { session: '$it.session', token: '$it.token' } }, on: 'again' },
    ],
  },
  {
    name: 'heartbeat: a client that says nothing else is not given up',
    clause: '1',
    why: 'Any message is proof of life.',
    waits: 'seconds',
    steps: [
      { greet: {} },
      { waitMs: sum('$it.heartbeatMs', '$it.heartbeatMs', '$it.heartbeatMs', '$it.heartbeatMs') },
      { quiet: true },
    ],
  },
  {
    name: 'heartbeat: a client that says other things is not given up',
    clause: '1',
    why: 'Any message is proof of life.',
    waits: 'seconds',
    steps: [
      { greet: { still: true } },
      ...Array.from({ length: 6 }, (): readonly Step[] => [
        { waitMs: product('$it.heartbeatMs', 0.6) },
        { quiet: true },
      ]).flat(),
    ],
  },
  {
    name: 'flow: the server says how much it received',
    clause: '1',
    why: 'A client sizes its parts by what the server took, for buffers on the way lie.',
    steps: [
      { greet: {} },
      ...opens(),
      // 8 of the frame, 40 of the head, 32 of the producer's id, 12 of the record's columns.
      { publish: { channel: 1, batches: [{ sequence: 0, records: [{ bytes: 5_000 }] }] } },
      { expect: { type: 'received', bytes: 5_092 }, past: ['receipt'] },
      { publish: { channel: 1, batches: [{ sequence: 1, records: [{ bytes: 5_000 }] }] } },
      { expect: { type: 'received', bytes: 10_184 }, past: ['receipt'] },
    ],
  },
  {
    name: 'flow: a client that reports what it takes gets megabytes, in parts or whole',
    clause: '1',
    why: 'Flow control must not stop a healthy reader.',
    steps: [
      { greet: {} },
      ...opens({ contentType: 'application/octet-stream' }),
      ...[0, 1, 2, 3].map((sequence) => ({
        publish: { channel: 1, batches: [{ sequence, records: [{ bytes: 500_000 }] }] },
      })),
      ...acknowledges(3),
      { say: subscribe({ credit: '$it.limits.creditBytes' }) },
      { expect: { type: 'subscribed', tail: 4 } },
      { records: [{ bytes: 500_000 }, { bytes: 500_000 }, { bytes: 500_000 }, { bytes: 500_000 }] },
      { expect: { type: 'caughtUp', sub: 1, offset: 4 } },
    ],
  },
  {
    name: 'flow: a client that never reports is sent little, then nothing, and closed as slowReader [H24]',
    clause: '1',
    why: 'A slow reader slows only itself.',
    waits: 'seconds',
    steps: [
      { greet: {}, on: 'writer' },
      ...opens({}, 'writer'),
      ...[0, 1, 2, 3].map((sequence) => ({
        publish: { channel: 1, batches: [{ sequence, records: [{ bytes: 500_000 }] }] },
        on: 'writer',
      })),
      ...acknowledges(3, 'writer'),
      { greet: { mute: true } },
      { say: subscribe({ credit: '$it.limits.creditBytes' }) },
      { expect: { type: 'subscribed', tail: 4 } },
      { expect: { type: 'closing', code: 'slowReader' }, withinMs: 90_000 },
      { closed: [4001] },
    ],
  },
  {
    name: 'flow: a report of bytes that were never sent changes nothing',
    clause: '1',
    why: 'Flow control does not believe what cannot be.',
    steps: [{ greet: {} }, ...creates(), { say: { type: 'received', bytes: 1_000_000_000 } }, { quiet: true }],
  },
];
