/**
 * The first voyage: what a new user does on the first day, with real commands, real processes and a link that
 * breaks. Returns the transcript; throws when anything does not end as promised (A0.1, A0.2, S0.14, S0.17).
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { packetboat, serve } from '../support/packetboat.ts';
import { Transcript } from './transcript.ts';

/** Options of {@linkcode voyage}. */
export interface VoyageOptions {
  readonly folder: string;
  /** How long the link is cut, in seconds. */
  readonly cutSeconds: number;
}

export async function voyage({ folder, cutSeconds }: VoyageOptions): Promise<string> {
  const told = new Transcript(folder);
  told.say('# First voyage');
  told.say(
    'A sensor, its spool, a link that breaks, the server, and a reader who can prove that everything arrived. This page is the transcript of a real run; `npm run voyage` makes it.',
  );

  told.say('## The server');
  let server = await serve(`${folder}/harbour`);
  const port = new URL(server.url).port;
  told.command('packetboat serve --data harbour --port 0', server);

  told.say(
    '## A link, a sensor and its shipper\n\nThe shipper does not know the server; it only knows the near end of the link.',
  );
  let link = packetboat(['proxy', '0', port]);
  const [, linkPort = ''] = await link.line(/:(\d+) (?:->|→)/);
  told.command(`packetboat proxy 0 ${port}`, link);
  const spool = ['--spool', `${folder}/boat`];
  const sensor = packetboat(['sensor', 'paul', ...spool, '--interval', '1s']);
  const shipArguments = ['ship', 'paul', ...spool, '--server', `http://127.0.0.1:${linkPort}`];
  let shipper = packetboat(shipArguments);
  await shipper.line(/^ACK \d{19}$/);
  told.command('packetboat sensor paul --spool boat --interval 1s', sensor, 4);
  told.command(`packetboat ship paul --spool boat --server http://127.0.0.1:${linkPort}`, shipper, 6);

  told.say('## Watching it live');
  const tail = packetboat(['tail', 'sensors/paul', '--from', 'start', '--limit', '4', '--server', server.url]);
  assert.equal((await tail.exited).code, 0, tail.stderr.join('\n'));
  told.command(`packetboat tail sensors/paul --from start --limit 4 --server ${server.url}`, tail);

  told.say(
    `## The link breaks for ${cutSeconds} seconds\n\nCtrl-C on the proxy cuts every connection and lets nobody in.`,
  );
  await link.end('SIGINT');
  await pause(cutSeconds * 1_000);
  told.more('what the shipper said meanwhile', shipper);
  const acked = shipper.stdout.length;
  link = packetboat(['proxy', linkPort, port]);
  await link.line(/:(\d+) (?:->|→)/);
  while (shipper.stdout.length < acked + cutSeconds - 2) await shipper.change();
  told.say('The same command again, on the same port, and the backlog drains.');
  told.command(`packetboat proxy ${linkPort} ${port}`, link, 3);
  told.more('the shipper', shipper, 8);

  told.say('## kill -9 the shipper, kill -9 the server');
  await shipper.end('SIGKILL');
  await pause(2_000);
  shipper = packetboat(shipArguments);
  await shipper.line(/^ACK \d{19}$/);
  await server.end('SIGKILL');
  await pause(3_000);
  server = await serve(`${folder}/harbour`, ['--port', port]);
  told.command(`packetboat serve --data harbour --port ${port}`, server);
  const before = shipper.stdout.length;
  while (shipper.stdout.length < before + 4) await shipper.change();
  told.command(`packetboat ship paul --spool boat --server http://127.0.0.1:${linkPort}`, shipper, 10);

  told.say(
    '## The proof\n\nThe sensor is stopped; its spool knows how many records it made and their running checksum.',
  );
  assert.equal((await sensor.end('SIGINT')).code, 0, sensor.stderr.join('\n'));
  told.more('the sensor', sensor, 4);
  const verifyArguments = ['streams', 'verify', 'sensors/paul', ...spool, '--name', 'paul', '--server', server.url];
  let proof = packetboat(verifyArguments);
  for (let tries = 0; (await proof.exited).code !== 0 && tries < 20; tries++) {
    await pause(250);
    proof = packetboat(verifyArguments);
  }
  assert.equal((await proof.exited).code, 0, proof.stdout.concat(proof.stderr).join('\n'));
  told.command(`packetboat streams verify sensors/paul --spool boat --name paul --server ${server.url}`, proof);

  for (const running of [shipper, link, server]) await running.end('SIGTERM');
  return told.toString();
}
