import { PacketboatError } from '@packetboat/core';
import { runMethod } from '../../methods/registry.ts';
import type { MessageNamed } from '../dispatch.ts';
import type { Session } from '../session.ts';

/** Calls a method: answered by `result` or `error` with the same id, not necessarily in order. */
export function call(session: Session, message: MessageNamed<'call'>): void {
  const { id, method, params } = message;
  const { callsPerConnectionMax } = session.broker.limits;
  if (session.callsInFlight >= callsPerConnectionMax) {
    const text = `This connection has ${session.callsInFlight} calls in flight (callsPerConnectionMax)`;
    return session.sendError({ id }, new PacketboatError('limitReached', text));
  }
  session.callsInFlight += 1;
  runMethod(session.broker, method, params)
    .then(
      (value) => session.send({ type: 'result', id, value }),
      (error) => session.sendError({ id }, error),
    )
    .finally(() => {
      session.callsInFlight -= 1;
    });
}
