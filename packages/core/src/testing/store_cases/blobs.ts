import assert from 'node:assert/strict';
import type { Blobs } from '../../store.ts';
import type { StoreCases } from './case.ts';

// FIPS 180-2, appendix B.1, and the hash of nothing.
const hashOfAbc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
const hashOfNothing = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield new TextEncoder().encode(text);
}

async function* cut(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode('half');
  throw new Error('the link broke');
}

async function read(blobs: Blobs, name: string, from: number, to: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of blobs.read(name, from, to)) text += decoder.decode(chunk, { stream: true });
  return text;
}

export const blobCases: StoreCases = {
  'blobs are named by their SHA-256, however they came in pieces': async ({ store: { blobs } }) => {
    assert.equal(await blobs.stat(hashOfAbc), undefined);
    assert.deepEqual(await blobs.put(chunks('a', '', 'bc')), { sha256: hashOfAbc, bytes: 3 });
    assert.deepEqual(await blobs.put(chunks('abc')), { sha256: hashOfAbc, bytes: 3 });
    assert.deepEqual(await blobs.stat(hashOfAbc), { bytes: 3 });
    assert.deepEqual(await blobs.put(chunks()), { sha256: hashOfNothing, bytes: 0 });
    assert.equal(await read(blobs, hashOfNothing, 0, 0), '');
  },

  'blobs are read in ranges': async ({ store: { blobs } }) => {
    const { sha256 } = await blobs.put(chunks('0123456789'));
    assert.equal(await read(blobs, sha256, 0, 10), '0123456789');
    assert.equal(await read(blobs, sha256, 3, 7), '3456');
    assert.equal(await read(blobs, sha256, 10, 10), '');
    for (const [from, to] of [
      [0, 11],
      [5, 4],
      [-1, 2],
    ] as const) {
      await assert.rejects(read(blobs, sha256, from, to), { code: 'offsetOutOfRange' }, `${from} … ${to}`);
    }
  },

  'blobs that were deleted or never stored are not found': async ({ store: { blobs } }) => {
    const { sha256 } = await blobs.put(chunks('to be deleted'));
    assert.equal(await blobs.delete(sha256), 'deleted');
    assert.equal(await blobs.delete(sha256), 'notFound');
    assert.equal(await blobs.stat(sha256), undefined);
    await assert.rejects(read(blobs, sha256, 0, 1), { code: 'notFound' });
  },

  'blobs take no other name than a SHA-256': async ({ store: { blobs } }) => {
    for (const name of ['', '../../etc/passwd', '__proto__', hashOfAbc.toUpperCase()]) {
      assert.equal(await blobs.stat(name), undefined);
      assert.equal(await blobs.delete(name), 'notFound');
      await assert.rejects(read(blobs, name, 0, 0), { code: 'notFound' });
    }
  },

  'blobs whose body breaks off are not stored': async ({ store: { blobs } }) => {
    await assert.rejects(blobs.put(cut()), /the link broke/);
    const half = await blobs.put(chunks('half'));
    assert.equal(await blobs.delete(half.sha256), 'deleted');
  },
};
