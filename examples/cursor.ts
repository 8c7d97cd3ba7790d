/**
 * A worker that continues where it stopped, also after kill -9: its cursor is kept by the server.
 *
 *     npx node examples/cursor.ts [server] [stream]
 *
 * Each record is handled *at least once*, unless you commit the cursor with your effect: a worker that dies between the
 * effect and the commit gets the record again. Where that matters, store `record.offset` in the same transaction as
 * the effect, and begin with `from: <the stored offset + 1>` instead of a cursor.
 */
import { connect } from '@packetboat/client';

const [server = process.env['PACKETBOAT_SERVER'] ?? 'http://127.0.0.1:8000', stream = 'examples/lines'] =
  process.argv.slice(2);

await using client = await connect(server, { client: 'examples/cursor' });
const decoder = new TextDecoder();

const reader = client.read(stream, { cursor: 'worker' });
// Ctrl-C: finish the record at hand, then stop.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => reader.close());

for await (const record of reader) {
  console.log(`handled ${record.offset}: ${decoder.decode(record.bytes)}`);
  await reader.commit(); // this record is done with
  console.log(`committed ${record.offset + 1}`);
}
console.log(`stopped: ${reader.ended}`);
