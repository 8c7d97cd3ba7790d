import { setImmediate } from 'node:timers/promises';

/** Turns of the event loop after which a wait is in vain. */
const turnsMax = 1_000_000;

/** Lets sockets and streams do their work until `holds`. */
export async function eventually(holds: () => boolean): Promise<void> {
  for (let turn = 0; !holds(); turn++) {
    if (turn > turnsMax) throw new Error(`Waited in vain for ${String(holds)}`);
    await setImmediate();
  }
}
