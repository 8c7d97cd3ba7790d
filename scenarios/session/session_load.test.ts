/** As `npm run sessions:load`, small: nothing here is about time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sessionLoad } from './session_load.ts';

const sessions = 100;

for (const [fault, what] of [
  ['cut', 'the links of all are reset at one moment'],
  ['kill', 'the server is killed and started again'],
] as const) {
  test(`session: ${sessions} sessions over real sockets: ${what}: all are resumed [S2.1] [A2.8] [P4]`, async () => {
    const { resumed, anew } = await sessionLoad({ sessions, fault });
    assert.deepEqual({ resumed, anew }, { resumed: sessions, anew: 0 });
  });
}
