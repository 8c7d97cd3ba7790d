/** What the spool's tests share: a folder, a spool in it, and what kill -9 leaves of it. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Spool } from '@packetboat/core';
import { VirtualWorld } from '@packetboat/core/testing';
import { openSpool, type SpoolOptions } from '../open_spool.ts';
import { spoolPath } from '../spool_database.ts';

export { assertAccounted, deliver, type Delivery, drain, sampleNumber, samples } from '@packetboat/core/testing';

export const { world } = new VirtualWorld(7);

/** A folder for one test, removed after it. */
export function testFolder(context: { after(run: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'packetboat-spool-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens the spool in `folder` as an agent does, roomy, blocking and without ballast unless told otherwise. */
export function openTestSpool(folder: string, overrides: Partial<SpoolOptions> = {}): Promise<Spool> {
  return openSpool({
    folder,
    role: 'agent',
    stream: 'sensors/paul',
    world,
    bytesMax: 100_000_000,
    whenFull: 'block',
    ballastBytes: 0,
    ...overrides,
  });
}

/** Copies the files of an open spool, as kill -9 would leave them, and returns the folder. */
export function crashImage(folder: string, into: string): string {
  const source = spoolPath(folder);
  copyFileSync(source, spoolPath(into));
  if (existsSync(`${source}-wal`)) copyFileSync(`${source}-wal`, `${spoolPath(into)}-wal`);
  return into;
}
