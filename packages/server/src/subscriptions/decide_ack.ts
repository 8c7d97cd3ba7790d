import { quoted } from '@packetboat/core';
import { decodeOffset } from '../doors/streams/offset_token.ts';
import { firstPending, type Tails, tailOf } from './link_info.ts';
import { isRefusal, type Refusal } from './refusal.ts';
import { type Ack, foldEvent, type SubscriptionEvent, type SubscriptionState } from './subscription_state.ts';
import { isToken } from './wake_token.ts';

/** Who speaks of which wake. */
export interface WakeClaim {
  readonly token: string;
  readonly wakeId: string;
  readonly generation: number;
}

export interface AckRequest extends WakeClaim {
  /** Up to where each stream is done with, as offset tokens. */
  readonly acks: readonly { readonly stream: string; readonly token: string }[];
  /** Whether the work on this wake ends. */
  readonly done: boolean;
}

/** The holder of a webhook's wake: whoever the call woke. */
export const webhookHolder = 'webhook';

/** Events, and whether there will be another wake because work remains. */
export interface AckDecision {
  readonly events: readonly SubscriptionEvent[];
  readonly nextWake: boolean;
}

/**
 * Decides about an ack, or a webhook's callback: only of the current wake, only forward, never past the tail. All of it
 * is taken, or nothing. Without `done` it says that the work goes on.
 */
export function decideAck(state: SubscriptionState, tails: Tails, request: AckRequest): AckDecision | Refusal {
  const fenced = checkWake(state, request);
  if (fenced !== undefined) return fenced;
  const acks = decodeAcks(state, tails, request.acks);
  if (isRefusal(acks)) return acks;
  const events: SubscriptionEvent[] = [];
  // A callback may overtake the answer to the call.
  if (state.wake?.holder === undefined) events.push({ event: 'held', holder: webhookHolder });
  if (acks.length > 0) events.push({ event: 'acked', acks });
  if (request.done) events.push({ event: 'ended', why: 'done' });
  const after = events.reduce(foldEvent, state);
  return { events, nextWake: request.done && firstPending(after, tails) !== undefined };
}

/** Decides that whoever holds the wake gives it back. */
export function decideRelease(state: SubscriptionState, claim: WakeClaim): readonly SubscriptionEvent[] | Refusal {
  return checkWake(state, claim) ?? [{ event: 'ended', why: 'released' }];
}

/**
 * What is wrong with a claim to act in the current wake. Tokens of earlier wakes are forgotten, so the wake is compared
 * first: whoever comes late is told so.
 */
function checkWake({ wake, generation }: SubscriptionState, claim: WakeClaim): Refusal | undefined {
  if (wake === undefined || claim.generation !== generation || claim.wakeId !== wake.wakeId) {
    return { refused: 'FENCED', message: `Wake ${quoted(claim.wakeId)} of generation ${claim.generation} has ended` };
  }
  if (wake.tokenHash !== undefined && isToken(claim.token, wake.tokenHash)) return undefined;
  return { refused: 'TOKEN_INVALID', message: 'The token is not the one of this wake' };
}

/** The acks that move something, one for each stream. */
function decodeAcks({ links }: SubscriptionState, tails: Tails, acks: AckRequest['acks']): readonly Ack[] | Refusal {
  const moved = new Map<string, number>();
  for (const { stream, token } of acks) {
    const link = links.get(stream);
    const tail = link === undefined ? undefined : tailOf(stream, link, tails);
    if (link === undefined || tail === undefined) return invalid(`Stream ${quoted(stream)} is not linked`);
    const offset = offsetOf(token, tail);
    if (offset === undefined) return invalid(`${quoted(token)} is no offset of stream ${quoted(stream)}`);
    const acked = moved.get(stream) ?? link.acked ?? 0;
    if (offset < acked) return invalid(`Offset ${quoted(token)} lies before what was acked of ${quoted(stream)}`);
    if (offset > tail.tail) return invalid(`Offset ${quoted(token)} lies behind the tail of ${quoted(stream)}`);
    if (offset > (link.acked ?? 0)) moved.set(stream, offset);
  }
  return Array.from(moved, ([stream, offset]) => ({ stream, offset }));
}

/** `-1` is where a link begins, and nothing that can be acked. */
function offsetOf(token: string, tail: { readonly lineage: string }): number | undefined {
  if (token === '-1') return undefined;
  try {
    return decodeOffset(tail, token);
  } catch {
    return undefined;
  }
}

function invalid(message: string): Refusal {
  return { refused: 'INVALID_OFFSET', message };
}
