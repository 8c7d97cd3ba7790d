import { runConformanceTests } from '@durable-streams/server-conformance-tests';
import { afterAll, beforeAll } from 'vitest';
import { type Running, serve } from '../support/packetboat.ts';
import { tempFolder } from '../support/temp_folder.ts';

/** Log levels of pino from which on something went wrong that no client can have caused. */
const errorLevel = 50;

/** Every case of the published suite against a real server, on the store that `--store` names. */
export function checkConformance(store: 'embedded' | 'memory'): void {
  // The suite reads the address when a case begins.
  const options = { baseUrl: '', subscriptions: true };
  let folder: Awaited<ReturnType<typeof tempFolder>>;
  let server: Running | undefined;
  beforeAll(async () => {
    folder = await tempFolder();
    const started = await serve(folder.path, ['--store', store, '--webhooks-allow-loopback', '--log-level', 'error']);
    server = started;
    options.baseUrl = started.url;
  });
  runConformanceTests(options);
  afterAll(async () => {
    const { code } = (await server?.end()) ?? {};
    await folder[Symbol.asyncDispose]();
    if (server === undefined) return;
    const defects = server.stderr.filter((line) => line.includes(`"level":${errorLevel}`));
    if (code !== 0 || defects.length > 0) throw new Error([`The server ended with ${code}`, ...defects].join('\n'));
  });
}
