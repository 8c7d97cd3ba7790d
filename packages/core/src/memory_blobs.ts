import { PacketboatError } from './errors.ts';
import { sha256 } from './sha256.ts';
import type { Blobs } from './store.ts';

/** The memory engine's Blobs. */
export class MemoryBlobs implements Blobs {
  readonly #blobs = new Map<string, Uint8Array>();

  async put(body: AsyncIterable<Uint8Array>): Promise<{ sha256: string; bytes: number }> {
    const bytes: number[] = [];
    for await (const chunk of body) for (const byte of chunk) bytes.push(byte);
    const blob = Uint8Array.from(bytes);
    const name = sha256(blob);
    this.#blobs.set(name, blob);
    return { sha256: name, bytes: blob.length };
  }

  async stat(name: string): Promise<{ bytes: number } | undefined> {
    const blob = this.#blobs.get(name);
    return blob === undefined ? undefined : { bytes: blob.length };
  }

  async *read(name: string, from: number, to: number): AsyncGenerator<Uint8Array> {
    const blob = this.#blobs.get(name);
    if (blob === undefined) throw new PacketboatError('notFound', `There is no blob ${name}`);
    if (from < 0 || from > to || to > blob.length) {
      throw new PacketboatError('offsetOutOfRange', `Bytes ${from} … ${to} do not lie in 0 … ${blob.length}`);
    }
    yield blob.slice(from, to);
  }

  async delete(name: string): Promise<'deleted' | 'notFound'> {
    return this.#blobs.delete(name) ? 'deleted' : 'notFound';
  }
}
