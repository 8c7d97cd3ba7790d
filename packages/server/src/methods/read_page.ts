import type { Limits } from '@packetboat/core';

/** Items in one page, whatever is asked for. */
const itemsMax = 1_000;

/** One page of a list. */
export interface Page<Item> {
  readonly items: Item[];
  /** Name of the last item, if more follow: what the caller passes as `after`. */
  readonly next: string | undefined;
}

/**
 * Reads one page: at most `limit` items, and as many as have room in an answer, but at least one.
 *
 * @param read Reads the first `count` items of what is left of the list.
 */
export async function readPage<Item>(
  { controlBytesMax }: Limits,
  limit: number,
  read: (count: number) => Promise<readonly Item[]>,
  nameOf: (item: Item) => string,
): Promise<Page<Item>> {
  const count = Math.min(limit, itemsMax);
  const found = await read(count + 1);
  const items: Item[] = [];
  let bytes = 0;
  for (const item of found.slice(0, count)) {
    bytes += Buffer.byteLength(JSON.stringify(item)) + 1;
    // Half: the answer around it must have room too.
    if (bytes > controlBytesMax / 2 && items.length > 0) break;
    items.push(item);
  }
  const last = items.at(-1);
  return { items, next: last === undefined || items.length === found.length ? undefined : nameOf(last) };
}
