import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SessionWatcher } from './session_watcher.ts';
import { binaryFrame, textFrame, upgraded, webSocketFrame } from './testing/session_bytes.ts';

/** What a watcher sees of `bytes` in chunks that end at `cuts`: each sight with the offset before which it came. */
function watch(bytes: Buffer, cuts: readonly number[]): { sights: [what: string, at: number][]; passed: Buffer } {
  const watcher = new SessionWatcher();
  const sights: [string, number][] = [];
  const parts: Uint8Array[] = [];
  let passedBytes = 0;
  let from = 0;
  for (const to of [...cuts.toSorted((left, right) => left - right), bytes.length]) {
    for (const item of watcher.read(bytes.subarray(from, to))) {
      if (typeof item === 'string') sights.push([item, passedBytes]);
      else {
        parts.push(item);
        passedBytes += item.length;
      }
    }
    from = to;
  }
  parts.push(watcher.end());
  return { sights, passed: Buffer.concat(parts) };
}

const segment = Buffer.from([2, 0, 0, 0, ...new Uint8Array(60)]);
const part = (index: number) => Buffer.from([3, 0, 0, 0, index, 0, 0, 0, 2, 0, 0, 0, 9]);
const frames: readonly (readonly [bytes: Buffer, sight: string | undefined])[] = [
  [textFrame({ type: 'welcome', session: 'x'.repeat(300) }), 'welcome'],
  [textFrame({ type: 'receipt', channel: 1 }), 'receipt'],
  [binaryFrame(segment), 'segment'],
  [binaryFrame(part(0)), 'segment'],
  [binaryFrame(part(1)), undefined],
  [textFrame({ type: 'unheard of' }), undefined],
  [webSocketFrame(0x81, Buffer.from('not JSON')), undefined],
  [webSocketFrame(0x81, Buffer.from('null')), undefined],
  [webSocketFrame(0x89, Buffer.from('ping')), undefined],
  [webSocketFrame(0x82, Buffer.alloc(0)), undefined],
  [textFrame({ type: 'receipt', padding: 'x'.repeat(70_000) }), undefined],
  [binaryFrame(Buffer.concat([segment, Buffer.alloc(70_000)])), 'segment'],
  [webSocketFrame(0x01, Buffer.from('{"type":"receipt"')), undefined],
  [webSocketFrame(0x88, Buffer.from([3, 232])), undefined],
];

test('SessionWatcher names each message before its first byte passes, however the bytes are cut, and changes none', () => {
  const anyFrames = fc.array(fc.nat(frames.length - 1), { maxLength: 12 });
  fc.assert(
    fc.property(anyFrames, fc.array(fc.nat(500), { maxLength: 20 }), (indices, cuts) => {
      const sent = indices.map((index) => frames[index] ?? assert.fail());
      const bytes = Buffer.concat([upgraded, ...sent.map(([frame]) => frame)]);
      const expected: [string, number][] = [];
      let at = upgraded.length;
      for (const [frame, sight] of sent) {
        if (sight !== undefined) expected.push([sight, at]);
        at += frame.length;
      }
      const { sights, passed } = watch(
        bytes,
        cuts.map((cut) => Math.min(cut, bytes.length)),
      );
      assert.deepEqual(sights, expected);
      assert.ok(passed.equals(bytes));
    }),
  );
});

test('SessionWatcher lets pass what it cannot read', () => {
  const receipt = textFrame({ type: 'receipt' });
  const masked = Buffer.from([0x82, 0x88, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0]);
  const huge = Buffer.from([0x82, 127, 0xff, 0, 0, 0, 0, 0, 0, 0]);
  for (const bytes of [
    Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), receipt]),
    Buffer.concat([Buffer.from('SSH-2.0-x\r\n'), receipt]),
    Buffer.concat([Buffer.from(`HTTP/1.1 101 Go\r\n${'x: y\r\n'.repeat(5_000)}\r\n`), receipt]),
    Buffer.concat([upgraded, masked, receipt]),
    Buffer.concat([upgraded, huge, receipt]),
    Buffer.from('HTTP/1.1 10'),
  ]) {
    const { sights, passed } = watch(bytes, [5, 40]);
    assert.deepEqual(sights, []);
    assert.ok(passed.equals(bytes));
  }
});

test('SessionWatcher lets any bytes pass unchanged', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), fc.array(fc.nat(400)), (noise, asFrames, cuts) => {
      const bytes = Buffer.concat([asFrames ? upgraded : Buffer.alloc(0), noise]);
      const { passed } = watch(
        bytes,
        cuts.map((cut) => Math.min(cut, bytes.length)),
      );
      assert.ok(passed.equals(bytes));
    }),
  );
});
