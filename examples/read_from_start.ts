/**
 * Reads everything that a stream holds, then ends.
 *
 *     npx node examples/read_from_start.ts [server] [stream]
 */
import { connect } from '@packetboat/client';

const [server = process.env['PACKETBOAT_SERVER'] ?? 'http://127.0.0.1:8000', stream = 'examples/lines'] =
  process.argv.slice(2);

await using client = await connect(server, { client: 'examples/read_from_start' });
const decoder = new TextDecoder();

const reader = client.read(stream, { from: 'start', untilCaughtUp: true });
for await (const record of reader) {
  if (record.gap !== undefined) console.log(`${record.gap.count} records are gone: ${record.gap.reason}`);
  else console.log(record.offset, decoder.decode(record.bytes));
}
console.log(`read up to offset ${reader.position?.offset}, checksum ${reader.position?.checksum}`);
