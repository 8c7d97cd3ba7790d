import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { PacketboatError } from '@packetboat/core';
import { nodeWorld } from '@packetboat/core/node';
import { VirtualWorld } from '@packetboat/core/testing';
import { type InboxClient, type InboxHandler, type InboxReader, type InboxRecord, followInbox } from './inbox.ts';
import { commandHandler, writableHandler } from './inbox_handlers.ts';

/** A stream with one cursor, read through the part of the SDK that the inbox uses. */
class FakeInbox implements InboxClient {
  readonly records: InboxRecord[] = [];
  exists = true;
  cursor = 0;
  readonly asked: string[] = [];

  constructor(...texts: string[]) {
    for (const text of texts) this.add({ bytes: Buffer.from(text) });
  }

  add(record: Partial<InboxRecord>): void {
    const offset = this.records.length;
    this.records.push({ offset, timeNs: BigInt(offset), bytes: new Uint8Array(0), ...record });
  }

  read(stream: string, { cursor }: { readonly cursor: string }): InboxReader {
    this.asked.push(`${stream} ${cursor}`);
    return {
      [Symbol.asyncIterator]: () => this.#follow(stream),
      commit: async (offset) => {
        assert.ok(offset > this.cursor, 'a cursor only goes forward');
        this.cursor = offset;
      },
    };
  }

  async *#follow(stream: string): AsyncGenerator<InboxRecord> {
    if (!this.exists) throw new PacketboatError('notFound', `${stream} was never created`);
    yield* this.records.slice(this.cursor);
  }
}

function follow(client: FakeInbox, handler: InboxHandler) {
  const virtual = new VirtualWorld();
  const problems: string[] = [];
  const onProblem = (message: string): unknown => problems.push(message);
  return { virtual, problems, inbox: followInbox({ name: 'boat', client, world: virtual.world, handler, onProblem }) };
}

const text = ({ bytes }: InboxRecord): string => Buffer.from(bytes).toString();

test('followInbox hands records over in order and moves the cursor only behind what was handled [P4]', async () => {
  const client = new FakeInbox('one', 'two', 'three');
  const seen: string[] = [];
  const { inbox } = follow(client, async (record, { stream }) => {
    assert.equal(client.cursor, record.offset);
    seen.push(`${stream} ${text(record)}`);
  });
  await inbox.done;
  assert.deepEqual(
    seen,
    ['one', 'two', 'three'].map((word) => `devices/boat/inbox ${word}`),
  );
  assert.equal(client.cursor, 3);
});

test('followInbox gives a failed record again, later ones wait, and a restart begins with it [P4]', async () => {
  const client = new FakeInbox('one', 'two', 'three');
  const seen: string[] = [];
  const { inbox, virtual, problems } = follow(client, async (record) => {
    seen.push(text(record));
    if (text(record) === 'two') throw new Error('valve stuck');
  });
  await virtual.advance(20_000);
  await inbox.stop();
  assert.ok(seen.length > 3, 'it is tried again');
  assert.ok(seen.length < 12, 'but not in a busy loop');
  assert.deepEqual(new Set(seen), new Set(['one', 'two']));
  assert.equal(client.cursor, 1);
  assert.deepEqual(problems, ['Record 1 of devices/boat/inbox was not handled, trying again: valve stuck']);

  const later: string[] = [];
  await follow(client, async (record) => void later.push(text(record))).inbox.done;
  assert.deepEqual(later, ['two', 'three']);
});

test('followInbox waits for a stream that does not exist yet', async () => {
  const client = new FakeInbox('one');
  client.exists = false;
  const seen: string[] = [];
  const { inbox, virtual, problems } = follow(client, async (record) => void seen.push(text(record)));
  await virtual.advance(30_000);
  assert.deepEqual(problems, ['devices/boat/inbox does not exist yet: waiting for it']);
  client.exists = true;
  await virtual.advance(5_000);
  await inbox.done;
  assert.deepEqual(seen, ['one']);
  assert.equal(virtual.pendingTimers, 0);
});

test('followInbox tells a gap and goes on behind it [P6]', async () => {
  const client = new FakeInbox('one');
  client.add({ gap: { from: 1, to: 7, count: 7, reason: 'retention' } });
  client.add({ bytes: Buffer.from('two') });
  const seen: string[] = [];
  const { inbox, problems } = follow(client, async (record) => void seen.push(text(record)));
  await inbox.done;
  assert.deepEqual(seen, ['one', 'two']);
  assert.deepEqual(problems, ['7 records of devices/boat/inbox are lost: retention']);
});

test('followInbox ends with the reason when it may not read', async () => {
  const client = new FakeInbox();
  client.read = () => {
    throw new PacketboatError('forbidden', 'Not yours');
  };
  await assert.rejects(follow(client, async () => {}).inbox.done, { code: 'forbidden' });
});

const context = { stream: 'devices/boat/inbox', signal: new AbortController().signal };
const record = { offset: 7, timeNs: 1_612_091_235_112_730_001n, bytes: Buffer.from('open; rm -rf /\n') };

test('commandHandler gives payload, stream, offset and time to the command, none of it as an argument', async () => {
  const script = `
    let input = '';
    process.stdin.on('data', (bytes) => (input += bytes)).on('end', () => {
      const { PACKETBOAT_STREAM, PACKETBOAT_OFFSET, PACKETBOAT_TIME_NS } = process.env;
      console.error(JSON.stringify([input, PACKETBOAT_STREAM, PACKETBOAT_OFFSET, PACKETBOAT_TIME_NS, process.argv.length]));
      process.exit(1);
    });`;
  const handler = commandHandler({ command: [process.execPath, '-e', script], timers: nodeWorld.timers });
  const expected = ['open; rm -rf /\n', 'devices/boat/inbox', '7', '1612091235112730001', 1];
  await assert.rejects(handler(record, context), (error: Error) => {
    assert.deepEqual(JSON.parse(error.message.slice(error.message.indexOf('['))), expected);
    return true;
  });
});

test('commandHandler takes exit code 0 for handled, also of a command that does not read its stdin', async () => {
  const big = { ...record, bytes: Buffer.alloc(1_000_000) };
  await commandHandler({ command: ['true'], timers: nodeWorld.timers })(big, context);
  await assert.rejects(
    commandHandler({ command: ['false'], timers: nodeWorld.timers })(record, context),
    /exited with 1/,
  );
});

test('writableHandler writes each payload with one newline at its end, and reports a broken pipe', async () => {
  const output = new PassThrough();
  const handler = writableHandler(output);
  await handler(record, context);
  await handler({ ...record, bytes: Buffer.from('shut') }, context);
  assert.deepEqual([output.read(), output.read()].map(String), ['open; rm -rf /\n', 'shut\n']);
  output.on('error', () => {});
  output.destroy();
  await assert.rejects(handler(record, context));
});
