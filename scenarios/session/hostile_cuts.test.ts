/** Connections that end where none should, or do not end where they should, against a real server. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { SessionIdentity } from '@packetboat/core';
import { Besieged } from './besieged.ts';
import { first, published, RawSession, said, upgrade, wsFrame } from './raw_session.ts';

/** Exchanges at a time. */
const atOnce = 50;

let besieged: Besieged;

before(async () => {
  besieged = await Besieged.open();
});

after(() => besieged[Symbol.asyncDispose]());

/** What is said, and what must have come before more is said. */
interface Step {
  readonly bytes: Buffer;
  readonly answered: (raw: RawSession) => boolean;
}

/** A whole exchange of a producer and a reader. */
function exchange(name: string): readonly Step[] {
  return [
    {
      bytes: Buffer.concat([
        upgrade,
        said({ type: 'hello', protocol: 1, client: name }),
        said({ type: 'produce', channel: 1, stream: 'cut', producer: name, epoch: 0, create: true }),
      ]),
      answered: (raw) => raw.of('producing').length > 0,
    },
    {
      bytes: Buffer.concat([
        published(1, name, 0, `${name} 1`),
        published(1, name, 1, `${name} 2`, `${name} 3`),
        said({ type: 'subscribe', sub: 1, stream: 'cut', from: { at: 'start' }, cursor: name, credit: 500 }),
      ]),
      answered: (raw) => raw.frames.length > 0,
    },
    {
      bytes: Buffer.concat([said({ type: 'commit', sub: 1, offset: 1 }), said({ type: 'finish', channel: 1 })]),
      answered: (raw) => raw.of('committed').length > 0,
    },
  ];
}

/** Says the first bytes of an exchange, then the link is gone. */
async function cutAfter(length: number, name: string): Promise<SessionIdentity | undefined> {
  using raw = new RawSession(besieged.url, Buffer.alloc(0));
  let left = length;
  for (const { bytes, answered } of exchange(name)) {
    raw.write(bytes.subarray(0, left));
    left -= bytes.length;
    if (left < 0) break;
    await raw.until(() => answered(raw));
  }
  await raw.cut(length % 2 === 0 ? 'RST' : 'FIN');
  return raw.identity;
}

/** The producer of an exchange that is cut there. */
function nameOf(length: number): string {
  return `p${String(length).padStart(4, '0')}`;
}

/** Does what the protocol says of coming back (section 8), and ends the session. */
async function goOn(name: string, identity: SessionIdentity | undefined): Promise<void> {
  using raw = await RawSession.greeted(besieged.url, identity);
  assert.equal((await raw.next('welcome')).resumed, identity !== undefined, name);
  raw.say({ type: 'produce', channel: 1, stream: 'cut', producer: name, epoch: 0, create: true });
  const { sequence } = await raw.next('producing');
  const batches = [
    published(1, name, 0, `${name} 1`),
    published(1, name, 1, `${name} 2`),
    published(1, name, 2, `${name} 3`),
  ];
  raw.write(Buffer.concat(batches.slice(sequence)));
  if (sequence < batches.length) {
    await raw.until(() => raw.of('receipt').some((receipt) => receipt.sequence === batches.length - 1));
  }
  raw.say({ type: 'bye' });
  assert.equal((await raw.closed())?.code, 1000, name);
}

test('session: hostile: cut after each byte of a valid exchange: no half record, what is resumed ends as if there had been no cut [H25] [P2] [P3] [P4]', async () => {
  const total = exchange(nameOf(0)).reduce((sum, { bytes }) => sum + bytes.length, 0);
  const lengths = Array.from({ length: total + 1 }, (_, length) => length);
  let resumed = 0;
  while (lengths.length > 0) {
    const some = lengths.splice(0, atOnce);
    await Promise.all(
      some.map(async (length) => {
        const identity = await cutAfter(length, nameOf(length));
        if (identity !== undefined) resumed += 1;
        await goOn(nameOf(length), identity);
      }),
    );
    if (lengths.length % (5 * atOnce) === 0) await besieged.alive();
  }
  assert.ok(resumed > 300, `${resumed} were told their token`);

  const got = new Map<string, string[]>();
  for await (const { bytes } of besieged.client.read('cut', { untilCaughtUp: true })) {
    const [name = '', number = ''] = new TextDecoder().decode(bytes).split(' ');
    got.set(name, [...(got.get(name) ?? []), number]);
  }
  assert.equal(got.size, total + 1);
  for (const [name, numbers] of got) assert.deepEqual(numbers, ['1', '2', '3'], name);
  const listed = await besieged.client.call('cursors.list', { stream: 'cut', limit: 1_000 });
  const { cursors } = listed as { readonly cursors: readonly { readonly offset: number }[] };
  assert.ok(cursors.length > 0);
  for (const { offset } of cursors) assert.equal(offset, 1);
  await besieged.unharmed();
});

test('session: hostile: who says nothing is refused in time, who talks on after its close is cut off [H18] [H21] [P7]', async () => {
  using silent = new RawSession(besieged.url);
  using deaf = await RawSession.greeted(besieged.url);
  const garbage = wsFrame(first.binary, Buffer.alloc(65_536));
  const talk = () => {
    if (!deaf.ended) deaf.socket.write(garbage, () => setImmediate(talk));
  };
  talk();
  assert.equal((await deaf.next('closing')).code, 'badFrame');
  await deaf.until(() => false);
  assert.deepEqual(await silent.closed(), { code: 4001, reason: 'timeout' });
  assert.equal((await silent.next('refused')).code, 'timeout');
  await besieged.unharmed();
});
