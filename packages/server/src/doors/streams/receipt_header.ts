import type { Proof } from '@packetboat/core';
import { checksumText } from './checksum_text.ts';

/**
 * A receipt as a header field: a dictionary of RFC 9651. It says that the stream holds `offset` records with running
 * CRC-32 `checksum` in this store, as durably as `durability` says; `mac` proves that the store has said so (P1, P5).
 */
export function receiptHeader({ storeId, incarnation, offset, checksum, durability, mac }: Proof): string {
  const fields = [
    `store="${storeId}"`,
    `incarnation="${incarnation}"`,
    `offset=${offset}`,
    `checksum="${checksumText(checksum)}"`,
    `durability=${durability}`,
    `mac="${mac}"`,
  ];
  return fields.join(', ');
}
