import { PacketboatError, quoted } from '@packetboat/core';

/** A String of RFC 9651 section 3.3.3: visible ASCII and spaces between quotes; `"` and `\` are escaped. */
const stringPattern = /^"((?:[ !#-[\]-~]|\\["\\])+)"$/;
/** What many clients send instead: the bare key. */
const barePattern = /^[!#-+\--[\]-~]+$/;

/**
 * The key in an `Idempotency-Key` field (draft-ietf-httpapi-idempotency-key-header section 2.1). `"k"` and `k` name the
 * same key.
 *
 * @throws {PacketboatError} `badRequest` for what is no key; two fields, which arrive joined by a comma, are none.
 */
export function parseIdempotencyKey(field: string, charactersMax: number): string {
  const key = barePattern.test(field) ? field : stringPattern.exec(field)?.[1]?.replaceAll(/\\(["\\])/g, '$1');
  if (key === undefined) throw new PacketboatError('badRequest', `Idempotency-Key ${quoted(field)} is no key`);
  if (key.length > charactersMax) {
    throw new PacketboatError('badRequest', `The Idempotency-Key is over ${charactersMax} characters`);
  }
  return key;
}
