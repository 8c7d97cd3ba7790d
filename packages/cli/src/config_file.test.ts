import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidArgumentError } from 'commander';
import { parseConfig } from './config_file.ts';

const known = new Map([
  ['', new Set(['port', 'server', 'json'])],
  ['serve', new Set(['port'])],
  ['streams', new Set<string>()],
  ['streams verify', new Set(['server', 'json'])],
]);

const parse = (text: string) => parseConfig(text, 'pb.toml', known);

const refusal = (text: string): string => {
  try {
    parse(text);
  } catch (error) {
    assert.ok(error instanceof InvalidArgumentError);
    return error.message;
  }
  throw new Error('It was taken');
};

test('parseConfig gives each value with the place where it stands', () => {
  const config = parse('server = "http://x"\n\n[serve]\nport = 8001\n[streams.verify]\njson = true\n');
  assert.deepEqual(config.get('')?.get('server'), { text: 'http://x', where: 'pb.toml:1: server' });
  assert.deepEqual(config.get('serve')?.get('port'), { text: '8001', where: 'pb.toml:4: port' });
  assert.deepEqual(config.get('streams verify')?.get('json'), { text: 'true', where: 'pb.toml:6: json' });
});

test('parseConfig names the line of an unknown key', () => {
  assert.match(refusal('port = 1\nprot = 2\n'), /^pb\.toml:2: unknown key "prot"/);
  assert.match(
    refusal('port = 1\n[serve]\n# port\n  "prot" = 2\n'),
    /^pb\.toml:4: unknown key "prot": packetboat serve/,
  );
  assert.match(refusal('[sevre]\nport = 1\n'), /^pb\.toml:1: unknown key "sevre"/);
  assert.match(refusal('[streams.verfy]\nport = 1\n'), /^pb\.toml:1: unknown key "verfy"/);
  assert.match(refusal('[serve]\n__proto__ = 1\n'), /unknown key "__proto__"/);
});

test('parseConfig names the line of what is not TOML, or no single value', () => {
  assert.match(refusal('port = 1\nport =\n'), /^pb\.toml:2: /);
  assert.match(refusal('port = [1]\n'), /^pb\.toml:1: port must be/);
  assert.match(refusal('[port]\n'), /^pb\.toml:1: port must be/);
});
