import type { BrokenServer } from './broken_server.ts';
import { shortLimits } from '../short_limits.ts';
import { nothing } from './nothing.ts';

const heartbeat = { type: 'heartbeat' };

/** Section 1: heartbeats and flow. */
export const livenessFaults: readonly BrokenServer[] = [
  {
    name: 'says no heartbeats',
    caughtBy: 'heartbeat: an idle server says one after heartbeatMs',
    twist: () => ({ told: { heartbeat: nothing } }),
  },
  {
    name: 'answers heartbeats',
    caughtBy: 'heartbeat: it is not answered, and changes nothing',
    twist: ({ tell }) => ({
      said: {
        heartbeat: () => {
          tell(heartbeat);
          return undefined;
        },
      },
    }),
  },
  {
    name: 'takes its own heartbeats for its client’s',
    caughtBy: 'heartbeat: a client that is silent for three is given up',
    twist: ({ say }) => ({
      told: {
        heartbeat: () => {
          say(heartbeat);
          return undefined;
        },
      },
    }),
  },
  {
    name: 'hears nothing but heartbeats',
    caughtBy: 'heartbeat: a client that says other things is not given up',
    twist: ({ close }) => {
      let silence: NodeJS.Timeout | undefined;
      const heard = () => {
        clearTimeout(silence);
        silence = setTimeout(() => close(4_001), 3 * shortLimits.heartbeatMs).unref();
      };
      return {
        said: {
          hello: () => {
            heard();
            return undefined;
          },
          heartbeat: () => {
            heard();
            return undefined;
          },
        },
      };
    },
  },
  {
    name: 'does not say how much it received',
    caughtBy: 'flow: the server says how much it received',
    twist: () => ({ told: { received: nothing } }),
  },
  {
    name: 'says how much it received since it last said so',
    caughtBy: 'flow: the server says how much it received',
    twist: () => {
      let before = 0;
      return {
        told: {
          received: ({ type, bytes }) => {
            const since = bytes - before;
            before = bytes;
            return [{ type, bytes: since }];
          },
        },
      };
    },
  },
  {
    name: 'does not hear how much its client received',
    caughtBy: 'flow: a client that reports what it takes gets megabytes',
    twist: () => ({ said: { received: nothing } }),
  },
  {
    name: 'sends on whether its client takes it or not',
    caughtBy: 'flow: a client that never reports is sent little',
    twist: ({ say }) => {
      let bytes = 0;
      return {
        shown: (frame) => {
          bytes += frame.length;
          say({ type: 'received', bytes });
          return undefined;
        },
      };
    },
  },
];
