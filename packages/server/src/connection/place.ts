import type { PacketboatError } from '@packetboat/core';

/**
 * A connection's place among those that the server may hold. A session keeps its own while it is away, so whether a
 * connection has one is known when it has said whether it resumes.
 */
export interface Place {
  /** Why a new session may not begin on this connection; `undefined` when it may. */
  refusal(): PacketboatError | undefined;
  /** The connection takes the place of the session that it resumes. */
  inherit(): void;
}
