/**
 * Prints what arrives from now on, through cuts and restarts of the server, until Ctrl-C.
 *
 *     npx node examples/live_tail.ts [server] [stream]
 */
import { connect } from '@packetboat/client';
import { PacketboatError } from '@packetboat/core';

const [server = process.env['PACKETBOAT_SERVER'] ?? 'http://127.0.0.1:8000', stream = 'examples/lines'] =
  process.argv.slice(2);

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

try {
  await using client = await connect(server, {
    client: 'examples/live_tail',
    signal: stop.signal, // also gives up while no server answers
    onStatus: ({ status, reason }) => console.error(status, reason?.message ?? ''),
  });
  const reader = client.read(stream, { from: 'now', signal: stop.signal });
  await reader.opened; // from here on nothing is missed
  console.log(`listening to ${stream}`);
  const decoder = new TextDecoder();
  for await (const record of reader) console.log(record.offset, decoder.decode(record.bytes));
  console.log(`the stream has ended: ${reader.ended}`);
} catch (error) {
  // Giving up is no failure. Everything else is, and says by its code what to do.
  if (!(error instanceof PacketboatError)) throw error;
  if (error.code === 'aborted') console.log('stopped');
  else {
    console.error(`${error.code}: ${error.message}. ${error.row.hint}`);
    process.exitCode = 1;
  }
}
