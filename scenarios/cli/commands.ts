/** The commands of `support/packetboat.ts`, none of which outlives its test, even a failed one. */
import { afterEach } from 'node:test';
import * as support from '../support/packetboat.ts';

const started = new Set<support.Running>();

afterEach(async () => {
  for (const running of started) {
    started.delete(running);
    if (running.process.exitCode !== null || running.process.signalCode !== null) continue;
    await running.end('SIGKILL');
  }
});

export { run } from '../support/packetboat.ts';

export const packetboat: typeof support.packetboat = (...call) => {
  const running = support.packetboat(...call);
  started.add(running);
  return running;
};

export const serve: typeof support.serve = async (...call) => {
  const running = await support.serve(...call);
  started.add(running);
  return running;
};
