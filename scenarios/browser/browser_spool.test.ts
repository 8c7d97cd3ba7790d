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

  test('openBrowserSpool: disk full: a put is refused as diskFull, nothing of it is stored, and there is room again later [P8]', async () => {
    await page.evaluate(`(async () => {
      globalThis.spool = await openBrowserSpool({ stream: 'full', bytesMax: 1e9 });
      globalThis.put = async (bytes) => {
        const records = [{ timeNs: 1n, bytes: crypto.getRandomValues(new Uint8Array(60_000)) }];
        while (records.length * 60_000 < bytes) records.push(records[0]);
        return spool.put(records).then(() => 'stored', (error) => error.code);
      };
    })()`);
    assert.equal(await page.evaluate('put(1)'), 'stored');
    await page.send('Storage.overrideQuotaForOrigin', { origin: server.origin, quotaSize: 1_000_000 });
    const refused = await page.evaluate('put(8_000_000)');
    const { produced } = await page.evaluate<{ produced: number }>('spool.status()');
    assert.deepEqual([refused, produced], ['diskFull', 1]);
    await page.send('Storage.overrideQuotaForOrigin', { origin: server.origin });
    assert.equal(await page.evaluate('put(1)'), 'stored');
    await page.evaluate('spool.close()');
  });
});
