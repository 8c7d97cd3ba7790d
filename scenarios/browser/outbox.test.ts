/** A page's outbox, in a real browser against a real server: over cuts, reloads and kills each record arrives once, in order. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { type Client, connect } from '@packetboat/client';
import { Chromium, noChromium } from '../support/chromium.ts';
import { PageServer } from '../support/page_server.ts';
import { type Running, serve } from '../support/packetboat.ts';
import { tempFolder } from '../support/temp_folder.ts';

const skip = noChromium() ?? false;
const stream = 'forms/survey';

describe('outbox in a browser', { skip }, () => {
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let server: Running & { url: string };
  let pages: PageServer;
  let browser: Chromium;
  let client: Client;

  beforeEach(async () => {
    folder = await tempFolder();
    server = await serve(`${folder.path}/data`);
    pages = await PageServer.start(server.url);
    browser = startBrowser();
    client = await connect(server.url);
  });

  afterEach(async () => {
    await client.close();
    await browser.kill();
    await pages.close();
    await server.end();
    await folder[Symbol.asyncDispose]();
  });

  /** A browser with the profile of the one before. */
  function startBrowser(): Chromium {
    return new Chromium(`${folder.path}/profile`);
  }

  /** Checks that the stream holds the answers 0 … `count` − 1, each once, in order. */
  async function assertStored(count: number): Promise<void> {
    const texts: string[] = [];
    for await (const { bytes } of client.read(stream, { from: 'start', untilCaughtUp: true })) {
      texts.push(Buffer.from(bytes).toString());
    }
    assert.deepEqual(
      texts,
      Array.from({ length: count }, (_, index) => `answer ${index}\n`),
    );
  }

  test('outbox: link down, page reloaded, browser killed: every record is stored once, in order [P2] [P3] [F9]', async () => {
    let page = await browser.open(pages.page('outbox'));
    assert.deepEqual(await page.evaluate('form.publish(0, 4)'), [0, 1, 2, 3, 4]);
    await page.evaluate('form.flush()');
    await assertStored(5);

    pages.linkDown();
    await page.evaluate('form.publish(5, 24)');
    await page.load('Page.reload');
    assert.equal((await page.evaluate<{ waiting: number }>('form.status()')).waiting, 20);
    await page.evaluate('form.publish(25, 44)');
    await browser.kill();

    browser = startBrowser();
    page = await browser.open(pages.page('outbox'));
    await page.evaluate('form.publish(45, 49)');
    await assertStored(5);
    pages.linkUp();
    assert.equal(await page.evaluate('form.acknowledged(49)'), 'disk');
    await assertStored(50);
  });

  test('outbox: cut, reloaded and killed while it ships: every record is stored once, in order [P2] [P3] [F9]', async () => {
    let page = await browser.open(pages.page('outbox'));
    let published = 0;
    for (let round = 0; round < 6; round++) {
      // Not awaited by the page: the round's fault meets what is on its way.
      await page.evaluate(`form.publish(${published}, ${published + 199})`);
      published += 200;
      if (round % 3 === 0) {
        pages.linkDown();
        pages.linkUp();
      } else if (round % 3 === 1) {
        await page.load('Page.reload');
      } else {
        await browser.kill();
        browser = startBrowser();
        page = await browser.open(pages.page('outbox'));
      }
    }
    await page.evaluate('form.flush()');
    await assertStored(published);
  });

  test('outbox: two pages of one origin: one ships, both know of the receipts, and the other takes over when it is closed [P2] [P3]', async () => {
    const first = await browser.open(pages.page('outbox'));
    await first.evaluate('form.publish(0, 2)');
    await first.evaluate('form.flush()');
    const second = await browser.open(pages.page('outbox'));
    await second.evaluate('form.publish(3, 5)');
    assert.equal(await second.evaluate('form.acknowledged(5)'), 'elsewhere');
    assert.equal((await second.evaluate<{ shipping: boolean }>('form.status()')).shipping, false);
    await first.close();
    await second.evaluate('form.publish(6, 8)');
    assert.equal(await second.evaluate('form.acknowledged(8)'), 'disk');
    await assertStored(9);
  });

  test('outbox: the stream is closed: shipping ends with that reason, and what is published later is kept all the same', async () => {
    const page = await browser.open(pages.page('outbox'));
    await page.evaluate('form.publish(0, 0)');
    await page.evaluate('form.flush()');
    await client.streams.close(stream);
    await page.evaluate('form.publish(1, 1)');
    assert.equal(await page.evaluate('form.acknowledged(1)'), 'closed');
    await page.evaluate('form.publish(2, 2)');
    const { waiting, shipping } = await page.evaluate<{ waiting: number; shipping: boolean }>('form.status()');
    assert.deepEqual([waiting, shipping], [2, false]);
    await assertStored(1);
  });
});
