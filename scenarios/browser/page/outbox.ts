/** A page that publishes through an outbox, whether there is a link or not. */
import { connect, PacketboatError } from '@packetboat/client';
import { openBrowserSpool } from '@packetboat/client/browser';

const stream = 'forms/survey';
const { location } = globalThis as unknown as { readonly location: { readonly origin: string } };

Object.assign(globalThis, { ready: start() });

async function start(): Promise<void> {
  const client = await connect(location.origin, { startOffline: true, backoff: { capMs: 500 } });
  const spool = await openBrowserSpool({ stream });
  const outbox = await client.outbox(stream, { spool, create: true, contentType: 'text/plain' });
  const form = {
    /** Publishes records `first` … `last`; settles with the numbers they got once they are on the disk. */
    publish(first: number, last: number) {
      const texts = Array.from({ length: last - first + 1 }, (_, index) => `answer ${first + index}\n`);
      return Promise.all(texts.map((text) => outbox.publish(text)));
    },
    flush: () => outbox.flush(),
    status: () => outbox.status(),
    /** How a record's waiting ended: the receipt's durability, `elsewhere`, or the code of the refusal. */
    acknowledged: (number: number) =>
      outbox.acknowledged(number).then(
        (receipt) => receipt?.proof.durability ?? 'elsewhere',
        (error: unknown) => (error instanceof PacketboatError ? error.code : String(error)),
      ),
    close: () => outbox.close(),
  };
  Object.assign(globalThis, { form });
}
