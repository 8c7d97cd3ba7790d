import { PacketboatError } from '@packetboat/core';
import type { Session } from '../session.ts';

/**
 * Opens a channel or a subscription, unless this connection has as many on the way as it may ever have open. Those that
 * the peer gives up while they are opened count too: they keep the store as busy as the others (P7).
 *
 * @throws {PacketboatError} `limitReached`, or what `open` throws.
 */
export async function openBounded<Opened>(session: Session, open: () => Promise<Opened>): Promise<Opened> {
  const { channelsPerConnectionMax, subscriptionsPerConnectionMax } = session.broker.limits;
  if (session.opensInFlight >= channelsPerConnectionMax + subscriptionsPerConnectionMax) {
    const text = `This connection has ${session.opensInFlight} channels and subscriptions on the way to be opened`;
    throw new PacketboatError('limitReached', text);
  }
  session.opensInFlight += 1;
  try {
    return await open();
  } finally {
    session.opensInFlight -= 1;
  }
}
