import type { Limits, MessageOf, PacketboatError, SegmentFrame, serverMessages } from '@packetboat/core';
import type { Link } from './link.ts';

type Said<Type extends keyof typeof serverMessages> = { readonly type: Type } & MessageOf<
  (typeof serverMessages)[Type]
>;

/** What a server says about a channel. */
export type ChannelMessage = Said<'producing'> | Said<'receipt'> | Said<'rejected'>;

/** What a server says about a subscription. */
export type SubscriptionMessage =
  | Said<'subscribed'>
  | Said<'gap'>
  | Said<'caughtUp'>
  | Said<'ended'>
  | Said<'committed'>
  | Said<'error'>;

/** What a server says about a call. */
export type CallMessage = Said<'result'> | Said<'error'>;

/** Something that lives on a connection and outlives each single link of it: a channel, a subscription, the calls. */
export interface Participant {
  /** A link is up: open yourself on it. `limits` are what both sides agree on. */
  up(link: Link, limits: Limits): void;
  /** The link is gone; another one will come. */
  down(): void;
  /** No link will ever come again. */
  over(error: PacketboatError): void;
}

/** A participant that is told what the server says about it, and may throw when that breaks the protocol. */
export interface Listener<Message> extends Participant {
  heard(message: Message): void;
}

/** A participant that is sent segments. */
export interface SegmentListener extends Listener<SubscriptionMessage> {
  segment(frame: SegmentFrame): void;
}
