import { PacketboatError } from '@packetboat/core';
import { runMethod } from '../../methods/registry.ts';
import type { MessageNamed } from '../dispatch.ts';
import type { Connection } from '../connection.ts';

/** Calls a method: answered by `result` or `error` with the same id, not necessarily in order. */
export function call(connection: Connection, message: MessageNamed<'call'>): void {
  const { id, method, params, key } = message;
  const { callsPerConnectionMax } = connection.broker.limits;
  if (connection.callsInFlight >= callsPerConnectionMax) {
    const text = `This connection has ${connection.callsInFlight} calls in flight (callsPerConnectionMax)`;
    return connection.sendError({ id }, new PacketboatError('limitReached', text));
  }
  connection.callsInFlight += 1;
  runMethod(connection.broker, method, params, key)
    .then(
      (value) => connection.send({ type: 'result', id, value }),
      (error) => connection.sendError({ id }, error),
    )
    .finally(() => {
      connection.callsInFlight -= 1;
    });
}
