import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import { Terminal } from './terminal.ts';
import { testContext } from './testing/test_context.ts';

test('Terminal keeps data on stdout and messages on stderr', async () => {
  const { terminal, said } = testContext();
  await terminal.print('data');
  terminal.say('message');
  terminal.detail('detail');
  assert.deepEqual(said, { stdout: 'data\n', stderr: 'message\n' });
});

test('Terminal says only what goes wrong when quiet, and more when verbose', () => {
  const { terminal, said } = testContext();
  terminal.configure({ quiet: true });
  terminal.say('message');
  terminal.warn('warning');
  terminal.configure({ quiet: false, verbose: true });
  terminal.detail('detail');
  assert.equal(said.stderr, 'warning\ndetail\n');
});

test('Terminal writes no colours and no bar where there is no terminal [H38]', () => {
  const { terminal, said } = testContext();
  terminal.live('bar');
  assert.deepEqual([said.stderr, terminal.style('red', 'x')], ['', 'x']);
});

test('Terminal replaces its live line, and a message goes above it', () => {
  let shown = '';
  const write = (chunk: Buffer, _encoding: string, done: () => void): void => {
    shown += chunk.toString();
    done();
  };
  const stderr = Object.assign(new Writable({ write }), { isTTY: true, columns: 10 });
  const terminal = new Terminal(new PassThrough(), stderr);
  terminal.live('0123456789abc');
  terminal.live('50 %');
  terminal.say('message');
  assert.equal(shown, '012345678\r\u001b[2K50 %\r\u001b[2Kmessage\n');
});

for (const columns of [0, undefined]) {
  test(`Terminal.live on a terminal of ${columns} columns, which means that nobody knows: as on 80`, () => {
    let shown = '';
    const stderr = Object.assign(new PassThrough(), { isTTY: true, ...(columns !== undefined && { columns }) });
    stderr.setEncoding('utf8').on('data', (text: string) => (shown += text));
    new Terminal(new PassThrough(), stderr).live('x'.repeat(100));
    assert.equal(shown, 'x'.repeat(79));
  });
}

test('Terminal.write settles only when a slow reader has made room', async () => {
  let release: (() => void) | undefined;
  const slow = new Writable({
    highWaterMark: 1,
    write: (_chunk, _encoding, done) => {
      release = done;
    },
  });
  const terminal = new Terminal(slow, new PassThrough());
  let written = false;
  const writing = terminal.write('much').then(() => (written = true));
  await new Promise((resolve) => process.nextTick(resolve));
  assert.equal(written, false);
  release?.();
  await writing;
});
