/** The spool in IndexedDB, in a real browser: it does what every spool does, and tells a full disk. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { spoolCases } from '@packetboat/core/testing';
import { Chromium, noChromium, type Page } from '../support/chromium.ts';
import { PageServer } from '../support/page_server.ts';
import { tempFolder } from '../support/temp_folder.ts';

const skip = noChromium() ?? false;

describe('openBrowserSpool: spool', { skip }, () => {
  let profile: Awaited<ReturnType<typeof tempFolder>>;
  let server: PageServer;
  let browser: Chromium;
  let page: Page;

  before(async () => {
    profile = await tempFolder();
    server = await PageServer.start();
    browser = new Chromium(profile.path);
    page = await browser.open(server.page('spool_cases'));
  });

  after(async () => {
    await browser.kill();
    await server.close();
    await profile[Symbol.asyncDispose]();
  });

  for (const title of Object.keys(spoolCases)) {
    test(title, async () => {
      assert.equal(await page.evaluate(`runCase(${JSON.stringify(title)})`), undefined);
    });
  }

  test('openBrowserSpool: two pages without locks: the last one to claim the shipping has it, the other is told takenOver', async () => {
    assert.equal(await page.evaluate("runCase('takenOver')"), undefined);
  });

  test('openBrowserSpool: two pages put in: each record has its own number, and who waits hears of the other page', async () => {
    assert.equal(await page.evaluate("runCase('otherPage')"), undefined);
  });

  test('openBrowserSpool: samples that vanished are told as a gap where they were [P6]', async () => {
    assert.equal(await page.evaluate("runCase('damaged')"), undefined);
  });

  test('openBrowserSpool: disk full: a put is refused as diskFull, and nothing of it is stored [P8]', async () => {
    const another = await PageServer.start();
    try {
      // The browser remembers for a while how much room an origin has: this one is new.
      await page.send('Storage.overrideQuotaForOrigin', { origin: another.origin, quotaSize: 1_000_000 });
      const full = await browser.open(another.page('spool_cases'));
      const outcomes = await full.evaluate(`(async () => {
        const spool = await openBrowserSpool({ stream: 'full', bytesMax: 1e9 });
        const outcomes = [];
        for (const count of [1, 100]) {
          const bytes = crypto.getRandomValues(new Uint8Array(60_000));
          const put = spool.put(Array.from({ length: count }, () => ({ timeNs: 1n, bytes })));
          outcomes.push(await put.catch((error) => error.code), (await spool.status()).produced);
        }
        await spool.close();
        return outcomes;
      })()`);
      assert.deepEqual(outcomes, [0, 1, 'diskFull', 1]);
      await full.close();
    } finally {
      await another.close();
    }
  });
});
