import type { Limits, StreamInfo } from '@packetboat/core';
import type { Refusal } from './refusal.ts';
import type { StreamPattern } from './stream_pattern.ts';
import type { NamedLink, SubscriptionEvent, SubscriptionState } from './subscription_state.ts';

/** What the store says of a stream; absent when it does not exist. */
export interface FoundStream {
  readonly stream: string;
  readonly info: Pick<StreamInfo, 'incarnation' | 'tail'> | undefined;
}

const encoder = new TextEncoder();

/** Bytes that a link takes at most: its name, and room for an incarnation and an offset. */
export function linkBytes(stream: string): number {
  return jsonBytes(stream) + 100;
}

/** Bytes of all that a subscription remembers, at most: what `subscriptionBytesMax` bounds. */
export function rememberedBytes({ config, links }: Pick<SubscriptionState, 'config' | 'links'>): number {
  let bytes = jsonBytes(config);
  for (const stream of links.keys()) bytes += linkBytes(stream);
  return bytes;
}

/** The link to a stream that is named, or that the pattern finds when the subscription begins: its past is done with. */
export function linkAtTail({ stream, info }: FoundStream, explicit: boolean): NamedLink {
  return { stream, explicit, incarnation: info?.incarnation, acked: info?.tail };
}

/** Decides to link the streams that somebody names. What the pattern has linked goes on where it is. */
export function decideLink(
  state: SubscriptionState,
  found: readonly FoundStream[],
  { subscriptionBytesMax }: Pick<Limits, 'subscriptionBytesMax'>,
): readonly SubscriptionEvent[] | Refusal {
  const links = found.flatMap((each) => {
    const link = state.links.get(each.stream);
    if (link?.explicit === true) return [];
    return [link === undefined ? linkAtTail(each, true) : { stream: each.stream, ...link, explicit: true }];
  });
  const added = links.filter(({ stream }) => !state.links.has(stream));
  const bytes = added.reduce((sum, { stream }) => sum + linkBytes(stream), rememberedBytes(state));
  if (added.length > 0 && bytes > subscriptionBytesMax) {
    const message = `A subscription remembers ${subscriptionBytesMax} bytes at most (subscriptionBytesMax)`;
    return { refused: 'LIMIT_REACHED', message };
  }
  return links.length === 0 ? [] : [{ event: 'linked', links }];
}

/** Decides that a stream is no longer named. What the pattern means stays. */
export function decideUnlink(
  state: SubscriptionState,
  stream: string,
  inPattern: boolean,
): readonly SubscriptionEvent[] {
  const link = state.links.get(stream);
  if (link?.explicit !== true) return [];
  if (inPattern) return [{ event: 'linked', links: [{ stream, ...link, explicit: false }] }];
  return [{ event: 'unlinked', streams: [stream] }];
}

/**
 * Decides what news of streams means for the links: those that the pattern means and that got their first record are
 * linked from before it, a deleted one leaves, and one that was created anew begins anew.
 */
export function decideNews(
  state: SubscriptionState,
  news: readonly FoundStream[],
  pattern: Pick<StreamPattern, 'matches'> | undefined,
): readonly SubscriptionEvent[] {
  const linked: NamedLink[] = [];
  const unlinked: string[] = [];
  for (const { stream, info } of news) {
    const link = state.links.get(stream);
    if (info === undefined) {
      if (link?.incarnation !== undefined) unlinked.push(stream);
    } else if (
      link === undefined ? info.tail > 0 && pattern?.matches(stream) === true : link.incarnation !== info.incarnation
    ) {
      linked.push({ stream, explicit: link?.explicit ?? false, incarnation: info.incarnation });
    }
  }
  const events: SubscriptionEvent[] = [];
  if (unlinked.length > 0) events.push({ event: 'unlinked', streams: unlinked });
  if (linked.length > 0) events.push({ event: 'linked', links: linked });
  return events;
}

function jsonBytes(value: object | string): number {
  return encoder.encode(JSON.stringify(value)).length;
}
