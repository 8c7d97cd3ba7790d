/**
 * A subscription is a stream of link, wake and ack events (DESIGN section 3, rule 1). This is its pure part: the
 * events, and the state that is their fold. Times are no part of it: a lease and a retry begin anew at a restart, for
 * the server's own downtime does not count.
 */
import { assert, PacketboatError } from '@packetboat/core';

/** What was asked for; fixed for the subscription's life. Names are as they stand in the store. */
export interface SubscriptionConfig {
  readonly type: 'webhook' | 'pull-wake';
  /** Which streams are linked without being named: {@linkcode StreamPattern}. */
  readonly pattern?: string | undefined;
  /** Streams linked from the beginning, sorted; what is linked now is in the links. */
  readonly streams: readonly string[];
  readonly webhookUrl?: string | undefined;
  readonly wakeStream?: string | undefined;
  readonly leaseMs: number;
  readonly description?: string | undefined;
}

/** What is known of a linked stream. */
export interface Link {
  /** Whether it was named; else the pattern linked it. */
  readonly explicit: boolean;
  /** The incarnation that is followed; absent while the stream does not exist. */
  readonly incarnation?: string | undefined;
  /** Everything before it is done with; absent before the first record. */
  readonly acked?: number | undefined;
}

/** Pending work that somebody is told of, or works on. */
export interface Wake {
  readonly generation: number;
  readonly wakeId: string;
  /** SHA-256 of the token that acks it. A pull-wake has one when it is claimed. */
  readonly tokenHash?: string | undefined;
  /** Who works on it, until the lease ends: the worker, or the webhook. */
  readonly holder?: string | undefined;
}

export interface NamedLink extends Link {
  readonly stream: string;
}

export interface Ack {
  readonly stream: string;
  readonly offset: number;
}

/** Everything a subscription remembers. */
export interface SubscriptionState {
  readonly config: SubscriptionConfig;
  /** Where this server is reached, for the URLs it tells: `http://host:port`. */
  readonly origin: string;
  /** When it was created: milliseconds since the Unix epoch. */
  readonly createdMs: number;
  /** Number of wakes so far; fences whoever acts on an older one. */
  readonly generation: number;
  readonly wake: Wake | undefined;
  readonly links: ReadonlyMap<string, Link>;
}

/** One event of the stream. A decision is one append of one or more. */
export type SubscriptionEvent =
  /** All of it: the first event, and the one that takes the place of those before it. */
  | (Omit<SubscriptionState, 'links' | 'wake'> & {
      readonly event: 'state';
      readonly wake?: Wake | undefined;
      readonly links: readonly NamedLink[];
    })
  /** It was confirmed by a client that reaches this server at another place. */
  | { readonly event: 'moved'; readonly origin: string }
  /** Links were added, or began anew with another incarnation. */
  | { readonly event: 'linked'; readonly links: readonly NamedLink[] }
  | { readonly event: 'unlinked'; readonly streams: readonly string[] }
  | {
      readonly event: 'woken';
      readonly generation: number;
      readonly wakeId: string;
      readonly tokenHash?: string | undefined;
    }
  | { readonly event: 'held'; readonly holder: string; readonly tokenHash?: string | undefined }
  | { readonly event: 'acked'; readonly acks: readonly Ack[] }
  | { readonly event: 'ended'; readonly why: 'done' | 'released' | 'expired' | 'void' };

/** The state after one more event; `state` is absent before the first. */
export function foldEvent(state: SubscriptionState | undefined, event: SubscriptionEvent): SubscriptionState {
  if (event.event === 'state') {
    const { config, origin, createdMs, generation, wake } = event;
    const links = new Map(event.links.map(({ stream, ...link }) => [stream, link]));
    return { config, origin, createdMs, generation, wake, links };
  }
  assert(state !== undefined, 'a subscription begins with its state');
  switch (event.event) {
    case 'moved':
      return { ...state, origin: event.origin };
    case 'linked':
      return { ...state, links: new Map([...state.links, ...event.links.map(entryOf)]) };
    case 'unlinked': {
      const links = new Map(state.links);
      for (const stream of event.streams) links.delete(stream);
      return { ...state, links };
    }
    case 'woken': {
      const { generation, wakeId, tokenHash } = event;
      assert(generation === state.generation + 1, 'generations are counted');
      return { ...state, generation, wake: { generation, wakeId, tokenHash } };
    }
    case 'held': {
      assert(state.wake !== undefined, 'only a wake is held');
      const { holder, tokenHash = state.wake.tokenHash } = event;
      return { ...state, wake: { ...state.wake, holder, tokenHash } };
    }
    case 'acked': {
      const links = new Map(state.links);
      for (const { stream, offset } of event.acks) {
        const link = links.get(stream);
        assert(link !== undefined && offset > (link.acked ?? -1), 'an ack goes forward in a linked stream');
        links.set(stream, { ...link, acked: offset });
      }
      return { ...state, links };
    }
    case 'ended':
      assert(state.wake !== undefined, 'only a wake ends');
      return { ...state, wake: undefined };
    default:
      throw new PacketboatError('damaged', `Event ${JSON.stringify(event satisfies never)} is not known`);
  }
}

/** The event that says all of `state`. */
export function stateEvent(state: SubscriptionState): SubscriptionEvent {
  const links = Array.from(state.links, ([stream, link]) => ({ stream, ...link }));
  return { event: 'state', ...state, links };
}

function entryOf({ stream, ...link }: NamedLink): [string, Link] {
  return [stream, link];
}
