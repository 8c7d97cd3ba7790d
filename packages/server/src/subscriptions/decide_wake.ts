import { quoted } from '@packetboat/core';
import { webhookHolder } from './decide_ack.ts';
import { firstPending, type Tails } from './link_info.ts';
import type { Refusal } from './refusal.ts';
import type { SubscriptionEvent, SubscriptionState } from './subscription_state.ts';

/** What a new wake is called, and who may act in it. */
export interface NewWake {
  readonly wakeId: string;
  readonly tokenHash?: string | undefined;
}

/**
 * Decides whether somebody is woken: there is work, and nobody holds it. A wake that nobody holds yet gives way to the
 * new one.
 */
export function decideWake(state: SubscriptionState, tails: Tails, wake: NewWake): readonly SubscriptionEvent[] {
  if (state.wake?.holder !== undefined || firstPending(state, tails) === undefined) return [];
  return [{ event: 'woken', generation: state.generation + 1, ...wake }];
}

/** Decides whether `worker` gets the work (protocol: pull-wake), told of it or not. */
export function decideClaim(
  state: SubscriptionState,
  tails: Tails,
  worker: string,
  wake: Required<NewWake>,
): readonly SubscriptionEvent[] | Refusal {
  const { holder } = state.wake ?? {};
  if (holder !== undefined) {
    const message = `Worker ${quoted(holder)} holds the work`;
    return { refused: 'ALREADY_CLAIMED', message, current_holder: holder, generation: state.generation };
  }
  if (firstPending(state, tails) === undefined) {
    return { refused: 'NO_PENDING_WORK', message: 'Everything is acked' };
  }
  const { wakeId, tokenHash } = wake;
  const held = { event: 'held', holder: worker, tokenHash } as const;
  if (state.wake !== undefined) return [held];
  return [{ event: 'woken', generation: state.generation + 1, wakeId }, held];
}

/**
 * Decides what a webhook's answer means: it has done the work it was told of, or will call back. The answer to an older
 * wake means nothing.
 *
 * @param done The tails that it was told of, if it has done the work.
 */
export function decideAnswered(
  state: SubscriptionState,
  wakeId: string,
  done: Tails | undefined,
): readonly SubscriptionEvent[] {
  if (state.wake?.wakeId !== wakeId) return [];
  if (done === undefined) return state.wake.holder === undefined ? [{ event: 'held', holder: webhookHolder }] : [];
  const acks = [];
  for (const [stream, { incarnation, tail: offset }] of done) {
    const link = state.links.get(stream);
    if (link?.incarnation === incarnation && offset > (link.acked ?? 0)) acks.push({ stream, offset });
  }
  const ended = { event: 'ended', why: 'done' } as const;
  return acks.length === 0 ? [ended] : [{ event: 'acked', acks }, ended];
}

/** Decides that the holder of the wake has not been heard of for too long. */
export function decideExpired(state: SubscriptionState): readonly SubscriptionEvent[] {
  return state.wake?.holder === undefined ? [] : [{ event: 'ended', why: 'expired' }];
}

/** Decides that a wake which nobody holds has lost its work: all streams with work are gone. The next work is a new one. */
export function decideVoid(state: SubscriptionState): readonly SubscriptionEvent[] {
  return state.wake === undefined || state.wake.holder !== undefined ? [] : [{ event: 'ended', why: 'void' }];
}
