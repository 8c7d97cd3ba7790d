/**
 * Publishes lines through an outbox: they are on this machine's disk first, so neither a server that is away nor the death
 * of this program loses one or stores one twice.
 *
 *     npx node examples/outbox.ts [server] [folder] [line …]
 *
 * Try it: run it without a server, kill it once it says `kept`, start a server, and run it again.
 */
import { connect } from '@packetboat/client';
import { nodeWorld } from '@packetboat/core/node';
import { openSpool } from '@packetboat/engine-sqlite';

const [server = process.env['PACKETBOAT_SERVER'] ?? 'http://127.0.0.1:8000', folder = 'outbox', ...lines] =
  process.argv.slice(2);
const stream = 'examples/outbox';

// The spool remembers under which name it produces, so every run is the same producer.
const spool = await openSpool({
  folder,
  role: 'agent',
  stream,
  world: nodeWorld,
  bytesMax: 50_000_000,
  whenFull: 'block', // publish rejects with `spoolFull`: we decide what to do about it
});
const { waiting } = await spool.status();
console.log(`${waiting} records wait from earlier runs`);

// Without `startOffline`, this would wait until the server is there.
await using client = await connect(server, { client: 'examples/outbox', startOffline: true });
await using outbox = await client.outbox(stream, { spool, create: true, contentType: 'text/plain' });

for (const line of lines) {
  const number = await outbox.publish(line); // on our disk when this returns
  console.log(`kept ${number}: ${line}`);
}
await outbox.flush(); // on the server's
const { acknowledged } = await outbox.status();
console.log(`the server has all ${acknowledged} records`);
