import { asPacketboatError } from '../as_packetboat_error.ts';
import type { Broker } from '../broker/broker.ts';
import type { StreamAnswer } from '../doors/streams/stream_request.ts';
import { type Refusal, refusalStatus } from './refusal.ts';

/** The answer to a request that the protocol refuses: below its control path errors are `{"error":{…}}`. */
export function refusalAnswer(
  { refused, message, ...details }: Refusal,
  headers: Readonly<Record<string, string>> = {},
): StreamAnswer {
  return answer(refusalStatus[refused], { code: refused, message, ...details }, headers);
}

/** The same for an error of ours. Its code is the protocol's where there is one. @throws a defect. */
export function errorAnswer(error: unknown, broker: Broker): StreamAnswer {
  const { code, message, row, retryAfterMs } = asPacketboatError(error);
  if (code === 'internal') throw error;
  broker.counters.refused(code);
  const { status } = row;
  const told = status === 400 ? 'INVALID_REQUEST' : code.replaceAll(/[A-Z]/g, '_$&').toUpperCase();
  const headers: Record<string, string> = {};
  if (retryAfterMs !== undefined) headers['Retry-After'] = String(Math.ceil(retryAfterMs / 1_000));
  return answer(status, { code: told, message }, headers);
}

function answer(status: number, error: object, headers: Readonly<Record<string, string>>): StreamAnswer {
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers },
    body: [Buffer.from(JSON.stringify({ error }))],
  };
}
