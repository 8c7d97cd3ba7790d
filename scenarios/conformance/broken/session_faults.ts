import { shortLimits } from '../short_limits.ts';
import type { BrokenServer } from './broken_server.ts';
import { nothing } from './nothing.ts';
import type { Twist } from './twist.ts';

/** Section 8: sessions, and coming back. */
export const sessionFaults: readonly BrokenServer[] = [
  {
    name: 'welcomes whoever wants to come back',
    caughtBy: 'resume: a session that never was is expired',
    twist: () => {
      let resumed: object = {};
      return {
        said: {
          hello: ({ resume, ...hello }) => {
            if (resume !== undefined) resumed = { session: resume.session, resumed: true, token: undefined };
            return [hello];
          },
        },
        told: { welcome: (welcome) => [{ ...welcome, ...resumed }] },
      };
    },
  },
  {
    name: 'lets in whoever knows the name of a session',
    caughtBy: 'resume: a wrong token is unauthorized',
    twist: ({ memory }) => ({
      said: {
        hello: ({ resume, ...hello }) => [
          { ...hello, resume: resume && { ...resume, token: memory.get(resume.session) ?? resume.token } },
        ],
      },
      told: {
        welcome: (welcome) => {
          if (welcome.token !== undefined) memory.set(welcome.session, welcome.token);
          return undefined;
        },
      },
    }),
  },
  {
    name: 'keeps the session of who said bye',
    caughtBy: 'bye: it ends the session',
    twist: ({ close }) => ({
      said: {
        bye: () => {
          close(1_000);
          return [];
        },
      },
    }),
  },
  {
    name: 'keeps a session for less than it says',
    caughtBy: 'resume: within the window it is accepted',
    limits: { windowMs: 500 },
    twist: saysWindow,
  },
  {
    name: 'keeps a session for longer than it says',
    caughtBy: 'resume: after the window it is expired',
    limits: { windowMs: 600_000 },
    twist: saysWindow,
  },
  {
    name: 'lets two connections have one session',
    caughtBy: 'resume: the session of a live connection is taken over, and that one is fenced',
    twist: () => ({ told: { closing: nothing }, closed: (code) => (code === 4_409 ? undefined : code) }),
  },
  {
    name: 'lets a hello take over that was held up',
    caughtBy: 'resume: a hello that comes behind a later one of the same life is refused',
    twist: () => ({
      said: {
        hello: ({ resume, ...hello }) => [
          { ...hello, resume: resume && { session: resume.session, token: resume.token } },
        ],
      },
    }),
  },
  {
    name: 'has one session for everybody',
    caughtBy: 'session: each hello gets one of its own',
    twist: ({ memory }) => ({
      said: {
        hello: (hello) => {
          const [[session, token] = []] = memory;
          return session === undefined ? undefined : [{ ...hello, resume: { session, token } }];
        },
      },
      told: {
        welcome: ({ session, token = memory.get(session) ?? '', ...welcome }) => {
          memory.set(session, token);
          return [{ ...welcome, session, token, resumed: false }];
        },
      },
    }),
  },
];

/** Tells the usual window, whatever it is. */
function saysWindow(): Twist {
  return {
    told: { welcome: (welcome) => [{ ...welcome, windowMs: shortLimits.windowMs }] },
  };
}
