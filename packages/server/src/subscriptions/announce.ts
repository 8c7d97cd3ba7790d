import type { LinkInfo } from './link_info.ts';
import type { SubscriptionConfig } from './subscription_state.ts';

/** A wake that somebody is to be told of. */
export interface Announcement {
  readonly id: string;
  readonly config: SubscriptionConfig;
  readonly origin: string;
  /** Of the subscription's own stream. */
  readonly incarnation: string;
  readonly generation: number;
  readonly wakeId: string;
  /** What a webhook acks with. */
  readonly token: string;
  readonly streams: readonly LinkInfo[];
  /** Aborted when nobody wants it any more. */
  readonly signal: AbortSignal;
}

/**
 * What became of it: `done`: the receiver has done the work; `taken`: it works on it; `told`: whoever reads the wake
 * stream will see it. Rejects when it has to be tried again.
 */
export type Announced = 'done' | 'taken' | 'told';

/** Tells somebody of a wake. */
export type Announce = (announcement: Announcement) => Promise<Announced>;
