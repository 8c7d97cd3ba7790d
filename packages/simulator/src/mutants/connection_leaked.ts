import type { Mutant } from './mutant.ts';

/** A connection that is gone stays: its end is not noticed, and the server's own heartbeats count as the peer's (F13). */
export const connectionLeaked: Mutant = {
  name: 'connection_leaked',
  invariant: 'I10',
  seams: () => ({
    serverEnd: (end, { life }) => ({
      ...end,
      gone: () => {
        const beat = () => {
          end.text('{"type":"heartbeat"}');
          life.world.timers.after(life.limits.heartbeatMs, beat);
        };
        beat();
      },
    }),
  }),
};
