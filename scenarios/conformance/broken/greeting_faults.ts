import { defaultLimits, decodeFrame } from '@packetboat/core';
import type { BrokenServer } from './broken_server.ts';
import { nothing } from './nothing.ts';

/** Sections 1, 3 and 4: how a connection begins, and what a message must be. */
export const greetingFaults: readonly BrokenServer[] = [
  {
    name: 'answers to any name',
    caughtBy: 'upgrade: a name that is not the server’s gets 421',
    asked: (headers) => ({ ...headers, host: undefined }),
  },
  {
    name: 'lets the pages of foreign sites in',
    caughtBy: 'upgrade: the page of a',
    asked: (headers) => ({ ...headers, origin: undefined }),
  },
  {
    name: 'takes every version of the protocol',
    caughtBy: 'hello: an unknown version is refused',
    twist: () => ({ said: { hello: (hello) => [{ ...hello, protocol: 1 }] } }),
  },
  {
    name: 'waits for a hello for ever',
    caughtBy: 'hello: none within 5 s is refused as timeout',
    limits: { helloTimeoutMs: 600_000 },
  },
  {
    name: 'forgets what was said before its welcome',
    caughtBy: 'hello: what comes right behind it is answered after the welcome',
    twist: () => {
      let isIn = false;
      return {
        told: {
          welcome: () => {
            isIn = true;
            return undefined;
          },
        },
        said: { call: () => (isIn ? undefined : []) },
      };
    },
  },
  {
    name: 'leaves a field of the welcome out',
    caughtBy: 'hello: a welcome tells all that a client needs',
    twist: () => ({ told: { welcome: (welcome) => [{ ...welcome, callKeyMs: undefined }] } }),
  },
  {
    name: 'ignores messages that it cannot read',
    caughtBy: 'message: an unknown type is badFrame',
    twist: () => ({ mumbled: nothing }),
  },
  {
    name: 'takes texts of any length',
    caughtBy: 'message: a text of more than 64 KiB is tooLarge',
    twist: () => ({ mumbled: (text) => (text.length > defaultLimits.controlBytesMax ? [] : undefined) }),
  },
  {
    name: 'takes only texts that are shorter',
    caughtBy: 'message: a text of 64 KiB is read',
    limits: { controlBytesMax: 60_000 },
  },
  {
    name: 'closes without a word',
    caughtBy: 'message: an unknown type is badFrame',
    twist: () => ({ told: { closing: nothing } }),
  },
  {
    name: 'closes with one code for all reasons',
    caughtBy: 'message: an unknown type is badFrame',
    twist: () => ({ closed: (code) => (code > 4_000 ? 4_000 : code) }),
  },
  {
    name: 'ignores frames that it cannot read',
    caughtBy: 'frame: with a damaged head is badFrame',
    twist: () => ({
      sent: (frame) => {
        try {
          decodeFrame(frame);
          return undefined;
        } catch {
          return [];
        }
      },
    }),
  },
  {
    name: 'takes frames of any length',
    caughtBy: 'frame: a message of more than frameBytes is closed with 1009',
    limits: { frameBytesMax: 2 * defaultLimits.frameBytesMax },
    twist: () => ({
      told: {
        welcome: (welcome) => [{ ...welcome, limits: { ...welcome.limits, frameBytes: defaultLimits.frameBytesMax } }],
      },
    }),
  },
  {
    name: 'takes a message for what it looks like',
    caughtBy: 'wire: JSON in a binary message is badFrame',
    twist: () => ({
      sent: (frame) => (frame[0] === '{'.charCodeAt(0) ? [Buffer.from(frame).toString()] : undefined),
    }),
  },
  {
    name: 'opens any number of channels',
    caughtBy: 'bounds: too many channels are limitReached',
    limits: { channelsPerConnectionMax: 1_000_000 },
  },
  {
    name: 'opens fewer channels than it must',
    caughtBy: 'bounds: too many channels are limitReached',
    limits: { channelsPerConnectionMax: 1_000 },
  },
  {
    name: 'works on fewer calls than it must',
    caughtBy: 'bounds: 64 calls at a time are answered',
    limits: { callsPerConnectionMax: 32 },
  },
];
