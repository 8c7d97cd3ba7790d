/**
 * Publishes lines and says where they are stored.
 *
 *     npx node examples/publish.ts [server] [line …]
 */
import { connect } from '@packetboat/client';

const [server = process.env['PACKETBOAT_SERVER'] ?? 'http://127.0.0.1:8000', ...given] = process.argv.slice(2);
const lines = given.length > 0 ? given : ['the first line', 'the second line', 'the third line'];

await using client = await connect(server, { client: 'examples/publish' });
const producer = await client.producer('examples/lines', { create: true, contentType: 'text/plain' });

for (const line of lines) {
  await producer.ready(); // waits while the queue is full, so that memory stays small however many lines there are
  void producer.publish(line); // no receipt is awaited here: flush() waits for all of them
}
await producer.flush();

// A receipt stands for the whole batch: `proof` is what to keep if you want to prove later that it was taken.
const receipt = await producer.publish('the end');
console.log(`${lines.length + 1} records stored, durability ${receipt.proof.durability}`);
console.log(`the stream holds ${receipt.proof.offset} records, checksum ${receipt.proof.checksum}`);
await producer.close();
