import type { Log, StreamInfo } from '@packetboat/core';

/** Streams that one look at the store gives. */
const pageStreams = 500;

/** All streams whose name begins with `prefix`, by name, some at a time. */
export async function* listStreams(log: Log, prefix: string): AsyncGenerator<StreamInfo> {
  let page: readonly StreamInfo[] = [];
  do {
    page = await log.list(prefix, page.at(-1)?.stream, pageStreams);
    yield* page;
  } while (page.length === pageStreams);
}
