import { PacketboatError } from '@packetboat/core';
import type { Connection } from '../connection.ts';

/**
 * Opens a channel or a subscription, unless this connection has as many on the way as it may ever have open. Those that
 * the peer gives up while they are opened count too: they keep the store as busy as the others (P7).
 *
 * @throws {PacketboatError} `limitReached`, or what `open` throws.
 */
export async function openBounded<Opened>(connection: Connection, open: () => Promise<Opened>): Promise<Opened> {
  const { channelsPerConnectionMax, subscriptionsPerConnectionMax } = connection.broker.limits;
  if (connection.opensInFlight >= channelsPerConnectionMax + subscriptionsPerConnectionMax) {
    const text = `This connection has ${connection.opensInFlight} channels and subscriptions on the way to be opened`;
    throw new PacketboatError('limitReached', text);
  }
  connection.opensInFlight += 1;
  try {
    return await open();
  } finally {
    connection.opensInFlight -= 1;
  }
}
