import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidArgumentError } from 'commander';
import {
  parseAddress,
  parseBytes,
  parseCount,
  parseDuration,
  parseFrom,
  parseId,
  parseNames,
  parseOrigins,
  parsePort,
  parseServer,
  parseStream,
  parseTimeout,
} from './values.ts';

test('parseDuration reads times with their unit and refuses bare numbers', () => {
  assert.equal(parseDuration('250ms'), 250);
  assert.equal(parseDuration('1.5s'), 1_500);
  assert.equal(parseDuration('10m'), 600_000);
  assert.equal(parseDuration('2 h'), 7_200_000);
  assert.equal(parseDuration('7d'), 604_800_000);
  for (const text of ['', '10', 's', '-1s', '1e3s', '1 week', ' 1s']) {
    assert.throws(() => parseDuration(text), InvalidArgumentError, text);
  }
});

test('parseTimeout takes 0 for never', () => {
  assert.equal(parseTimeout('0'), 0);
  assert.equal(parseTimeout('3s'), 3_000);
});

test('parseBytes tells decimal from binary units', () => {
  assert.equal(parseBytes('65536'), 65_536);
  assert.equal(parseBytes('64kB'), 64_000);
  assert.equal(parseBytes('64KiB'), 65_536);
  assert.equal(parseBytes('1.5GB'), 1_500_000_000);
  for (const text of ['', 'kB', '-1', '1e9', '99999999TB', '1 zB']) {
    assert.throws(() => parseBytes(text), InvalidArgumentError, text);
  }
});

test('parseCount and parsePort take whole numbers in their range only', () => {
  assert.equal(parseCount('9007199254740991'), Number.MAX_SAFE_INTEGER);
  assert.equal(parsePort('0'), 0);
  assert.equal(parsePort('65535'), 65_535);
  for (const text of ['9007199254740992', '-1', '1.5', '0x10', '']) {
    assert.throws(() => parseCount(text), InvalidArgumentError, text);
  }
  for (const text of ['65536', '-1', '8e3', '']) assert.throws(() => parsePort(text), InvalidArgumentError, text);
});

test('parseId takes any name, but a name it must be', () => {
  assert.equal(parseId('my laptop'), 'my laptop');
  assert.throws(() => parseId(''), InvalidArgumentError);
});

test('parseFrom takes a word or an offset', () => {
  assert.deepEqual(['start', 'now', 'cursor', '12'].map(parseFrom), ['start', 'now', 'cursor', 12]);
  for (const text of ['end', '-1', '1.0', '']) assert.throws(() => parseFrom(text), InvalidArgumentError, text);
});

test('parseStream refuses what no stream can be called, quoting it', () => {
  assert.equal(parseStream('rooms/lobby'), 'rooms/lobby');
  assert.equal(parseStream('__proto__'), '__proto__');
  for (const text of ['', '/', 'a//b', '../etc/passwd', 'a\u0000b', 'a\nb', 'x'.repeat(513), '\ud800']) {
    assert.throws(() => parseStream(text), InvalidArgumentError, JSON.stringify(text.slice(0, 20)));
  }
});

test('parseServer refuses what is no address, and secrets in one', () => {
  assert.equal(parseServer('http://[::1]:8000'), 'http://[::1]:8000');
  for (const text of ['localhost:8000', 'ftp://x', 'http://', 'http://me:secret@host', '']) {
    assert.throws(() => parseServer(text), InvalidArgumentError, text);
  }
});

test('parseAddress reads a port with or without a host', () => {
  assert.deepEqual(parseAddress('8000'), { host: '127.0.0.1', port: 8_000 });
  assert.deepEqual(parseAddress('harbour.example:80'), { host: 'harbour.example', port: 80 });
  assert.deepEqual(parseAddress('[::1]:80'), { host: '::1', port: 80 });
  for (const text of ['host', 'host:', '::1:80', 'host:99999', '']) {
    assert.throws(() => parseAddress(text), InvalidArgumentError, text);
  }
});

test('parseOrigins takes origins as browsers name them, and adds to those of earlier options', () => {
  assert.deepEqual(parseOrigins('https://Console.example'), ['https://console.example']);
  assert.deepEqual(parseOrigins('http://[::1]:5173, https://a.example', ['https://b.example:8443']), [
    'https://b.example:8443',
    'http://[::1]:5173',
    'https://a.example',
  ]);
  for (const text of ['', '*', 'null', 'a.example', 'https://a.example/', 'https://a.example:443', 'file:///', 'x:y']) {
    assert.throws(() => parseOrigins(text), InvalidArgumentError, text);
  }
});

test('parseNames takes names separated by commas, and no empty one', () => {
  assert.deepEqual(parseNames('a.example'), ['a.example']);
  assert.deepEqual(parseNames('a.example, b.example'), ['a.example', 'b.example']);
  for (const text of ['', 'a,', ',a']) assert.throws(() => parseNames(text), InvalidArgumentError, text);
});
