/**
 * `npm run bench:outage -- [--records 1000000]`: a long outage. Records are piped into a sensor while nobody ships,
 * then a shipper drains the spool. Prints how long each took and the most memory each process held.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { packetboat, type Running, run, serve } from '../scenarios/support/packetboat.ts';
import { tempFolder } from '../scenarios/support/temp_folder.ts';

const { values } = parseArgs({ options: { records: { type: 'string', default: '1000000' } } });
const records = Number(values.records);
await using folder = await tempFolder();
const spool = ['--spool', `${folder.path}/spool`];
const bounded = ['--spool-bytes', '4000000000'];

const fromMs = performance.now();
const sensor = packetboat(['sensor', 'outage', '--source', 'stdin', ...spool, ...bounded], { input: lines() });
const sensorPeak = peakMemory(sensor);
const exit = await sensor.exited;
if (exit.code !== 0) throw new Error(sensor.stderr.join('\n'));
const spooledMs = performance.now() - fromMs;
console.log(
  `spooled ${records} records in ${seconds(spooledMs)}: ${rate(spooledMs)} records/s; sensor's peak ${await sensorPeak}`,
);

const server = await serve(`${folder.path}/data`);
const serverPeak = peakMemory(server);
const shipFromMs = performance.now();
const shipper = packetboat(['ship', 'outage', ...spool, '--server', server.url, '--quiet', '--ack-format', 'json']);
const shipperPeak = peakMemory(shipper);
for (let stored = 0; stored < records; ) {
  await shipper.change();
  const info = await run(['streams', 'info', 'sensors/outage', '--json', '--server', server.url]);
  stored = info.code === 0 ? (JSON.parse(info.stdout) as { tail: number }).tail : 0;
}
const drainedMs = performance.now() - shipFromMs;
const verdict = await run([
  'streams',
  'verify',
  'sensors/outage',
  ...spool,
  '--name',
  'outage',
  '--server',
  server.url,
]);
await shipper.end();
await server.end();
console.log(
  `drained in ${seconds(drainedMs)}: ${rate(drainedMs)} records/s; shipper's peak ${await shipperPeak}, server's peak ${await serverPeak}`,
);
console.log(verdict.stdout);
process.exitCode = verdict.code ?? 1;

function lines(): string {
  const parts: string[] = [];
  for (let index = 0; index < records; index++)
    parts.push(`outage ${index % 100}.0 ${index % 90}.5 ${1_612_091_235_112_730_000n + BigInt(index)}\n`);
  return parts.join('');
}

/** The largest resident set a process reached, read until it ends. */
async function peakMemory(running: Running): Promise<string> {
  let peakKb = 0;
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${running.pid}/status`, 'utf8');
      peakKb = Math.max(peakKb, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0));
    } catch {
      clearInterval(timer);
    }
  }, 200);
  await running.exited;
  clearInterval(timer);
  return `${(peakKb / 1024).toFixed(0)} MiB`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function rate(ms: number): string {
  return Math.round((records / ms) * 1_000).toLocaleString('en');
}
