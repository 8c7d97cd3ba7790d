/**
 * Computes the CRC-32 of all bytes of a stream and compares it with what the server says. The SDK checks this by
 * itself while it reads; here we take nobody's word.
 *
 *     npx node examples/verify.ts [server] [stream]
 */
import { crc32 } from 'node:zlib';
import { connect } from '@packetboat/client';

const [server = process.env['PACKETBOAT_SERVER'] ?? 'http://127.0.0.1:8000', stream = 'examples/lines'] =
  process.argv.slice(2);

await using client = await connect(server, { client: 'examples/verify' });

// Up to the tail of this moment: others may go on writing. What retention removed is in `firstChecksum`.
const { first, firstChecksum, tail, checksum } = await client.streams.info(stream);
let own = firstChecksum;
let next = first;
if (next < tail) {
  for await (const record of client.read(stream, { from: first })) {
    own = crc32(record.bytes, own);
    next = record.offset + 1;
    if (next === tail) break;
  }
}

const hex = (value: number) => value.toString(16).padStart(8, '0');
console.log(`own     ${next} records, CRC-32 ${hex(own)}`);
console.log(`server  ${tail} records, CRC-32 ${hex(checksum)}`);
console.log(own === checksum ? 'equal' : 'DIFFERENT');
process.exitCode = own === checksum ? 0 : 1;
