import { encodeOffset } from '../doors/streams/offset_token.ts';
import type { Link, SubscriptionState } from './subscription_state.ts';

/** Where a linked stream ends. */
export interface Tail {
  readonly incarnation: string;
  readonly lineage: string;
  readonly tail: number;
  /** Behind the last record that is work: all but events of wakes are. */
  readonly work: number;
}

/** The ends of the linked streams that exist, by name. */
export type Tails = ReadonlyMap<string, Tail>;

/** A link as clients see it. */
export interface LinkInfo {
  readonly path: string;
  readonly link_type: 'explicit' | 'glob';
  /** `-1` before the first record. */
  readonly acked_offset: string;
  readonly tail_offset: string;
  readonly has_pending: boolean;
}

/** The tail of a stream that does not exist. */
const nowhere = { lineage: '0'.repeat(16), tail: 0 } as const;

/** Whether a linked stream that ends at `tail` holds work that nobody has acked. */
function isPending(link: Link, tail: Tail | undefined): boolean {
  return tail !== undefined && tail.work > (link.acked ?? 0);
}

/** Where the incarnation that a link follows ends. */
export function tailOf(stream: string, link: Link, tails: Tails): Tail | undefined {
  const tail = tails.get(stream);
  return tail?.incarnation === link.incarnation ? tail : undefined;
}

/** The first linked stream with work that nobody has acked. */
export function firstPending({ links }: SubscriptionState, tails: Tails): string | undefined {
  for (const [stream, link] of links) if (isPending(link, tailOf(stream, link, tails))) return stream;
  return undefined;
}

/** All links, as clients see them. */
export function linkInfos({ links }: SubscriptionState, tails: Tails): LinkInfo[] {
  return Array.from(links, ([path, link]) => {
    const known = tailOf(path, link, tails);
    const { lineage, tail } = known ?? nowhere;
    return {
      path,
      link_type: link.explicit ? 'explicit' : 'glob',
      acked_offset: link.acked === undefined || known === undefined ? '-1' : encodeOffset({ lineage }, link.acked),
      tail_offset: encodeOffset({ lineage }, tail),
      has_pending: isPending(link, known),
    };
  });
}
