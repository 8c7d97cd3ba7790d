import type { Absence } from '@packetboat/core';
import type { Broker } from './broker.ts';

/** Deletes a stream, and the cursors in it. */
export async function deleteStream({ store, cursors }: Broker, stream: string): Promise<'deleted' | Absence> {
  const outcome = await store.log.delete(stream);
  if (outcome === 'notFound') return outcome;
  // Also when it is gone already: whoever deleted it may have been interrupted here.
  await cursors.deleteAll(stream, async () => {
    const info = await store.log.info(stream);
    return typeof info === 'string' ? undefined : info.incarnation;
  });
  return outcome;
}
