import { isErrorCode, PacketboatError, quoted } from '@packetboat/core';

/** How a server words a refusal. */
interface WireRefusal {
  readonly code: string;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
}

/** A server's refusal as an error. A code we do not know comes from a newer server, and is final to us. */
export function wireError({ code, message, retryAfterMs }: WireRefusal): PacketboatError {
  const options = retryAfterMs === undefined ? {} : { retryAfterMs };
  if (isErrorCode(code)) return new PacketboatError(code, message, options);
  return new PacketboatError('unknownVersion', `The server answered ${quoted(code)}: ${message}`, options);
}
