import { type Absence, PacketboatError, quoted } from '@packetboat/core';

/** The error that says why there is no such stream. */
export function absenceError(stream: string, why: Absence): PacketboatError {
  const messages: Readonly<Record<Absence, string>> = {
    notFound: `There is no stream ${quoted(stream)}`,
    gone: `Stream ${quoted(stream)} was deleted`,
    softDeleted: `Stream ${quoted(stream)} was deleted; forks still read it`,
  };
  return new PacketboatError(why, messages[why]);
}
