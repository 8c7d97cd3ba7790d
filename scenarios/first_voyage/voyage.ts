/**
 * The first voyage: what a new user does on the first day, with real commands, real processes and a link that
 * breaks. Throws when anything does not end as promised (A0.1, A0.2, S0.14, S0.17).
 */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { packetboat, type Running, serve } from '../support/packetboat.ts';
import { Transcript } from './transcript.ts';

/** Options of {@linkcode voyage}. */
export interface VoyageOptions {
  readonly folder: string;
  /** How long the link is cut, in seconds. */
  readonly cutSeconds: number;
}

/** Makes the whole voyage; returns its transcript. */
export async function voyage({ folder, cutSeconds }: VoyageOptions): Promise<string> {
  const told = new Transcript(folder);
  told.say('# First voyage');
  told.say(
    'A sensor, its spool, a link that breaks, the server, and a reader who can prove that everything arrived. This page is the transcript of a real run; `npm run voyage` makes it.',
  );
  const boat = new Voyage(folder, told);
  await boat.castOff();
  await boat.watch();
  await boat.breakLink(cutSeconds);
  await boat.killBoth();
  await boat.prove();
  await boat.moor();
  return told.toString();
}

class Voyage {
  readonly #folder: string;
  readonly #told: Transcript;
  #running: Record<'server' | 'link' | 'sensor' | 'shipper', Running> | undefined;
  #url = '';
  #port = '';
  #linkPort = '';

  constructor(folder: string, told: Transcript) {
    this.#folder = folder;
    this.#told = told;
  }

  async castOff(): Promise<void> {
    const told = this.#told;
    told.say('## The server');
    const server = await serve(`${this.#folder}/harbour`);
    this.#url = server.url;
    this.#port = new URL(server.url).port;
    told.command('packetboat serve --data harbour --port 0', server);

    told.say('## A link, a sensor and its shipper');
    told.say('The shipper does not know the server; it only knows the near end of the link.');
    const link = packetboat(['proxy', '0', this.#port]);
    this.#linkPort = (await link.line(/:(\d+) (?:->|→)/))[1] ?? '';
    told.command(`packetboat proxy 0 ${this.#port}`, link);
    const sensor = packetboat(['sensor', 'paul', ...this.#spool, '--interval', '1s']);
    const shipper = this.#ship();
    this.#running = { server, link, sensor, shipper };
    await shipper.line(/^ACK \d{19}$/);
    told.command('packetboat sensor paul --spool boat --interval 1s', sensor, 4);
    told.command(this.#shipCommand, shipper, 6);
  }

  async watch(): Promise<void> {
    this.#told.say('## Watching it live');
    const tail = packetboat(['tail', 'sensors/paul', '--from', 'start', '--limit', '4', '--server', this.#url]);
    assert.equal((await tail.exited).code, 0, tail.stderr.join('\n'));
    this.#told.command(`packetboat tail sensors/paul --from start --limit 4 --server ${this.#url}`, tail);
  }

  async breakLink(cutSeconds: number): Promise<void> {
    const { link, shipper } = this.#fleet;
    this.#told.say(`## The link breaks for ${cutSeconds} seconds`);
    this.#told.say('Ctrl-C on the proxy cuts every connection and lets nobody in.');
    await link.end('SIGINT');
    await pause(cutSeconds * 1_000);
    this.#told.more('the shipper meanwhile', shipper);
    const acknowledged = shipper.stdout.length;
    const again = packetboat(['proxy', this.#linkPort, this.#port]);
    this.#fleet.link = again;
    await again.line(/:(\d+) (?:->|→)/);
    while (shipper.stdout.length < acknowledged + cutSeconds - 2) await shipper.change();
    this.#told.say('The same command again, on the same port, and the backlog drains.');
    this.#told.command(`packetboat proxy ${this.#linkPort} ${this.#port}`, again, 3);
    this.#told.more('the shipper', shipper, 8);
  }

  async killBoth(): Promise<void> {
    const fleet = this.#fleet;
    this.#told.say('## kill -9 the shipper, kill -9 the server');
    await fleet.shipper.end('SIGKILL');
    await pause(2_000);
    const shipper = this.#ship();
    fleet.shipper = shipper;
    await shipper.line(/^ACK \d{19}$/);
    await fleet.server.end('SIGKILL');
    await pause(3_000);
    fleet.server = await serve(`${this.#folder}/harbour`, ['--port', this.#port]);
    this.#told.command(`packetboat serve --data harbour --port ${this.#port}`, fleet.server);
    const before = shipper.stdout.length;
    while (shipper.stdout.length < before + 4) await shipper.change();
    this.#told.command(this.#shipCommand, shipper, 10);
  }

  async prove(): Promise<void> {
    const { sensor } = this.#fleet;
    this.#told.say('## The proof');
    this.#told.say('The sensor is stopped; its spool knows how many records it made and their running checksum.');
    assert.equal((await sensor.end('SIGINT')).code, 0, sensor.stderr.join('\n'));
    this.#told.more('the sensor', sensor, 4);
    const verify = ['streams', 'verify', 'sensors/paul', ...this.#spool, '--name', 'paul', '--server', this.#url];
    let proof = packetboat(verify);
    for (let tries = 0; (await proof.exited).code !== 0 && tries < 20; tries++) {
      await pause(250);
      proof = packetboat(verify);
    }
    assert.equal((await proof.exited).code, 0, proof.stdout.concat(proof.stderr).join('\n'));
    this.#told.command(`packetboat streams verify sensors/paul --spool boat --name paul --server ${this.#url}`, proof);
  }

  async moor(): Promise<void> {
    const { shipper, link, server } = this.#fleet;
    for (const running of [shipper, link, server]) await running.end('SIGTERM');
  }

  get #fleet(): Record<'server' | 'link' | 'sensor' | 'shipper', Running> {
    assert.ok(this.#running !== undefined);
    return this.#running;
  }

  get #spool(): readonly string[] {
    return ['--spool', `${this.#folder}/boat`];
  }

  get #shipCommand(): string {
    return `packetboat ship paul --spool boat --server http://127.0.0.1:${this.#linkPort}`;
  }

  #ship(): Running {
    return packetboat(['ship', 'paul', ...this.#spool, '--server', `http://127.0.0.1:${this.#linkPort}`]);
  }
}
