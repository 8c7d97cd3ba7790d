/**
 * What a reader sees of records that are gone: one record with `gap`, in their place. Nothing is missing silently.
 *
 *     npx node examples/gaps.ts [server]
 */
import { connect } from '@packetboat/client';

const [server = process.env['PACKETBOAT_SERVER'] ?? 'http://127.0.0.1:8000'] = process.argv.slice(2);
const stream = 'examples/gaps';

await using client = await connect(server, { client: 'examples/gaps' });
const producer = await client.producer(stream, { create: true });
for (let number = 0; number < 6; number++) await producer.publish(`record ${number}`);
await producer.close();

// Here somebody removes old records; with `ageMsMax` or `bytesMax` at creation, the server does so by itself.
await client.streams.trim(stream, 4);

const decoder = new TextDecoder();
for await (const record of client.read(stream, { from: 'start', untilCaughtUp: true })) {
  const { offset, bytes, gap } = record;
  if (gap === undefined) console.log(offset, decoder.decode(bytes));
  else console.log(`${gap.count} records are gone (${gap.from} to ${gap.to}): ${gap.reason}`);
}
