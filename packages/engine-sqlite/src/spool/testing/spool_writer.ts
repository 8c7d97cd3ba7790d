/** A process of the tests: puts numbered samples into a spool until it is killed, and says what was stored. */
import { nodeWorld } from '@packetboat/core/node';
import { openSpool } from '../open_spool.ts';
import { samples } from './spool_fixture.ts';

const [, , folder = '', limit = 'Infinity'] = process.argv;
const spool = await openSpool({
  folder,
  role: 'sensor',
  stream: 'sensors/paul',
  world: nodeWorld,
  bytesMax: 100_000_000,
  whenFull: 'block',
});
let { produced } = await spool.status();
process.stdout.write('open\n');
while (produced < Number(limit)) {
  await spool.put(samples(produced, 3));
  produced += 3;
  process.stdout.write(`${produced}\n`);
}
await spool.close();
