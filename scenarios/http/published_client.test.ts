/** The published client as it is, with all its defaults, as fast as it will. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DurableStream, IdempotentProducer } from '@durable-streams/client';
import { serve } from '../support/packetboat.ts';
import { tempFolder } from '../support/temp_folder.ts';

let folder: Awaited<ReturnType<typeof tempFolder>>;
let server: Awaited<ReturnType<typeof serve>>;

before(async () => {
  folder = await tempFolder();
  server = await serve(folder.path);
});

after(async () => {
  await server.end();
  await folder[Symbol.asyncDispose]();
});

for (const contentType of ['application/json', 'text/plain', 'application/octet-stream']) {
  test(`http: published client: 5 MB of ${contentType} without a pause, in batches as it makes them: stored whole, in order`, async () => {
    const url = `${server.url}/v1/stream/${contentType}`;
    const stream = await DurableStream.create({ url, contentType, warnOnHttp: false });
    const failures: Error[] = [];
    const producer = new IdempotentProducer(stream, 'p', { onError: (error) => failures.push(error) });
    const texts = Array.from({ length: 50_000 }, (_, number) => `"${String(number).padStart(98, '.')}"`);
    // One element nearly as large as any may be, at the end of a batch that is nearly full.
    texts.splice(9_999, 0, `"${'x'.repeat(900_000)}"`);
    for (const text of texts) producer.append(text);
    await producer.flush();
    assert.deepEqual(failures, []);
    const response = await stream.stream({ live: 'long-poll' });
    if (contentType === 'application/json') assert.deepEqual(await response.json(), JSON.parse(`[${texts.join()}]`));
    else assert.equal(await response.text(), texts.join(''));
  });
}
