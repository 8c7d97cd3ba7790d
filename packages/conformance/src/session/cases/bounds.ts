import type { Case, Step } from '../case.ts';
import { alive, calls, produce, subscribe } from '../phrases.ts';
import { oneOf } from '../words.ts';

/** Channels, and subscriptions, that a connection may have. */
const perConnection = 1_024;
/** More than that. */
const tooMany = 2_000;
const several = (make: (index: number) => Step, length = tooMany): readonly Step[] =>
  Array.from({ length }, (_, index) => make(index));

/** Opens a channel, and is answered so. */
const opening = (channel: number, type: 'producing' | 'rejected'): readonly Step[] => [
  { say: produce({ channel, producer: `p${channel}` }) },
  {
    expect: { type, channel, ...(type === 'rejected' && { code: 'limitReached' }) },
  },
];
const trim = (id: number): Step => ({
  say: { type: 'call', id, method: 'streams.trim', params: { stream: '$stream', before: 0 } },
});

/** What one connection may ask for (P7). */
export const boundCases: readonly Case[] = [
  {
    name: 'bounds: too many channels are limitReached, and those that are open go on [P7]',
    clause: '3',
    why: 'One client must not fill the server, and each may have what it was promised.',
    steps: [
      { greet: {} },
      ...calls('streams.create', { stream: '$stream' }),
      ...Array.from({ length: perConnection }, (_, channel) => opening(channel, 'producing')).flat(),
      ...opening(perConnection, 'rejected'),
      ...opening(0, 'producing'),
      ...alive,
    ],
  },
  {
    name: 'bounds: opening channels without end is answered with limitReached, never with silence [P7]',
    clause: '3',
    why: 'One client must not fill the server, however fast it asks.',
    steps: [
      { greet: {} },
      ...calls('streams.create', { stream: '$stream' }),
      ...several((index) => ({ say: produce({ channel: index + 10, producer: `p${index}` }) })),
      { until: { type: 'rejected', code: 'limitReached' }, past: ['producing'] },
      { say: produce({ channel: 10, producer: 'p0' }) },
      { until: { type: 'producing', channel: 10 }, past: ['rejected'] },
      ...alive,
    ],
  },
  {
    name: 'bounds: too many subscriptions are limitReached, and those that are open go on [P7] [H23]',
    clause: '3',
    why: 'One client must not fill the server.',
    steps: [
      { greet: {} },
      ...calls('streams.create', { stream: '$stream' }),
      ...calls('streams.close', { stream: '$stream' }),
      // The number of a subscription stays taken when its stream has ended.
      ...Array.from({ length: perConnection }, (_, sub): readonly Step[] => [
        { say: subscribe({ sub }) },
        { expect: { type: 'ended', sub }, past: ['subscribed', 'caughtUp', 'segment'] },
      ]).flat(),
      { say: subscribe({ sub: perConnection }) },
      { expect: { type: 'error', sub: perConnection, code: 'limitReached' } },
      { say: { type: 'unsubscribe', sub: 0 } },
      { say: subscribe({ sub: perConnection }) },
      { expect: { type: 'ended', sub: perConnection }, past: ['subscribed', 'caughtUp', 'segment'] },
      ...alive,
    ],
  },
  {
    name: 'bounds: 64 calls at a time are answered [P7]',
    clause: '7',
    why: 'Who stays within the bound is never refused for it.',
    steps: [
      { greet: {} },
      ...calls('streams.create', { stream: '$stream' }),
      ...several(trim, 64),
      ...several(() => ({ expect: { type: 'result' } }), 64),
    ],
  },
  {
    name: 'bounds: more than 64 calls at a time are limitReached [P7]',
    clause: '7',
    why: 'Who asks without waiting is told.',
    steps: [
      { greet: {} },
      ...calls('streams.create', { stream: '$stream' }),
      ...several(trim, 500),
      { until: oneOf({ type: 'error', code: 'limitReached' }), past: ['result'] },
      ...alive,
    ],
  },
  {
    name: 'bounds: opening and giving up without end is answered with limitReached, never with silence [P7] [H23]',
    clause: '3',
    why: 'What the client gave up costs the server as much.',
    steps: [
      { greet: {} },
      ...several((index) => ({ say: index % 2 === 0 ? subscribe({ sub: 5 }) : { type: 'unsubscribe', sub: 5 } })),
      { quiet: true, past: ['error'] },
      ...alive,
    ],
  },
];
