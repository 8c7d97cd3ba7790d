import assert from 'node:assert/strict';
import { test } from 'node:test';
import { doorOf } from './door.ts';
import { Surface } from './surface.ts';

const nothing = async () => undefined;

test('Surface finds the exact door first, then the nearest above', () => {
  const [exact, near, far] = [doorOf({ GET: nothing }), doorOf({ PUT: nothing }), doorOf({ POST: nothing })];
  const surface = new Surface({ '/v1/*': far, '/v1/stream/*': near, '/v1/stream/x': exact, '/': exact });
  assert.equal(surface.find('/v1/stream/x'), exact);
  assert.equal(surface.find('/v1/stream/x/'), near);
  assert.equal(surface.find('/v1/streams'), far);
  assert.equal(surface.find('/'), exact);
  for (const path of ['', '/v1', '/V1/x', '/%761/x', '//v1/x', '__proto__', '*', '/v1/*'.slice(0, 3)]) {
    assert.equal(surface.find(path), undefined, path);
  }
});

test('Surface names the pattern that answers a path', () => {
  const door = doorOf({ GET: nothing });
  const surface = new Surface({ '/v1/*': door, '/v1/stream/*': door, '/': door });
  assert.equal(surface.route('/'), '/');
  assert.equal(surface.route('/v1/stream/a/b'), '/v1/stream/*');
  assert.equal(surface.route('/v1/streams'), '/v1/*');
  assert.equal(surface.route('/v2'), 'none');
});

test('doorOf lists HEAD beside GET', () => {
  const door = doorOf({ GET: nothing, POST: nothing });
  assert.deepEqual(door.methods('/'), ['GET', 'HEAD', 'POST']);
  assert.deepEqual(doorOf({ PUT: nothing }).methods('/'), ['PUT']);
});
