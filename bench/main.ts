/**
 * `npm run bench -- [--seconds 5] [--record-bytes 128] [--rounds 3]`: acknowledged records per second, latency and
 * syncs, for one pipelined producer and for one record in flight. A real server process on the embedded store in
 * a temporary folder, over a real socket. Every acknowledged record was synced (WAL, synchronous=FULL).
 */
import { parseArgs } from 'node:util';
import { serve } from '../scenarios/support/packetboat.ts';
import { tempFolder } from '../scenarios/support/temp_folder.ts';
import { lone } from './lone.ts';
import { pipelined } from './pipelined.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    'record-bytes': { type: 'string', default: '128' },
    rounds: { type: 'string', default: '3' },
  },
});
const seconds = Number(values.seconds);
const recordBytes = Number(values['record-bytes']);
await using folder = await tempFolder();
const server = await serve(`${folder.path}/data`);

const pipelinedRates: number[] = [];
const loneRates: number[] = [];
for (let round = 1; round <= Number(values.rounds); round++) {
  const before = await counters();
  const many = await pipelined(server.url, seconds, recordBytes);
  const between = await counters();
  const one = await lone(server.url, seconds, recordBytes);
  const after = await counters();
  pipelinedRates.push(many.recordsPerSecond);
  loneRates.push(one.recordsPerSecond);
  console.log(
    `pipelined: ${count(many.recordsPerSecond)} acknowledged records/s of ${recordBytes} B, ${many.megabytesPerSecond.toFixed(1)} MB/s; ${count(between.syncs - before.syncs)} syncs, ${count(many.records / (between.syncs - before.syncs))} records a sync`,
  );
  console.log(
    `one in flight: ${count(one.recordsPerSecond)} acknowledged records/s; p50 ${one.p50Ms.toFixed(3)} ms, p99 ${one.p99Ms.toFixed(3)} ms; ${count(after.syncs - between.syncs)} syncs`,
  );
}
console.log(
  `median: pipelined ${count(median(pipelinedRates))}/s, one in flight ${count(median(loneRates))}/s; durability: disk`,
);
await server.end();

/** The store's own count of syncs. */
async function counters(): Promise<{ syncs: number }> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const match = /^packetboat_store_syncs_total (\S+)$/m.exec(text);
  if (match?.[1] === undefined) throw new Error('The server does not tell its syncs');
  return { syncs: Number(match[1]) };
}

function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[Math.trunc(list.length / 2)] ?? 0;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}
