/** Records that another program writes into a file, badly. */
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { ackOf, Harbour, interrupt, linesOf, printed } from './harbour.ts';

test('sensor path: a torn tail, blank and garbage lines, the sensor killed in between: later records flow, the bad ones are set aside and never acknowledged [A0.6] [C0.4] [S0.7] [P6]', async () => {
  await using harbour = await Harbour.open();
  const server = await harbour.serve();
  const [first = '', torn = '', second = '', third = '', fourth = ''] = linesOf('paul', 5);
  const file = harbour.path('paul.log');
  const follow = ['--source', `file:${file}`, '--format', 'records', '--print'];
  const shipper = harbour.ship('paul', server.url);

  // The writer dies within the time of a record: what there is of it looks like a small time.
  writeFileSync(file, `${first}\n   \ngarbage\npaul 1.0 oil 1612091235112730009\n${torn.slice(0, -12)}`);
  let sensor = harbour.sensor('paul', follow);
  await printed(shipper, 1);
  await sensor.end('SIGKILL');
  // Its next life appends behind the torn tail, bytes that are no text too.
  appendFileSync(file, second);
  appendFileSync(file, Buffer.of(0xff, 0xfe, 0x0a));
  appendFileSync(file, third);
  sensor = harbour.sensor('paul', follow);
  await printed(shipper, 2);
  appendFileSync(file, fourth);
  await printed(shipper, 3);
  await interrupt(sensor);

  const good = [first, third, fourth];
  assert.deepEqual(await harbour.read(server.url, 'sensors/paul'), good);
  assert.deepEqual(shipper.stdout, good.map(ackOf));
  assert.match(sensor.stderr.join('\n'), /2 lines set aside/);
  // A blank line marks each start of the sensor.
  const letters = readFileSync(harbour.path('spool/paul/rejected.jsonl'), 'utf8').split('\n').filter(Boolean);
  const told = letters.map((letter) => JSON.parse(letter) as { line?: string; base64?: string; reason: string });
  assert.deepEqual(
    told.map(({ line, base64 }) => line ?? base64),
    ['garbage', 'paul 1.0 oil 1612091235112730009', `${torn.slice(0, -12)}${second.trimEnd()}`, '//4='],
  );
  for (const { reason } of told) assert.match(reason, /^(badLine|notUtf8): /);
});
