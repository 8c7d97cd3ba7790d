/**
 * CRC-32 in plain TypeScript, for browsers (Node passes `zlib.crc32`, ten times as fast).
 * Slicing by eight: eight table look-ups take eight bytes at a time.
 */
const tables = makeTables();

/** CRC-32 (zlib's) of `bytes`, continued from `initial`. A uint32. */
export function crc32(bytes: Uint8Array, initial = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables;
  let crc = ~initial;
  let at = 0;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const end = bytes.length - 7; at < end; at += 8) {
    const low = view.getUint32(at, true) ^ crc;
    const high = view.getUint32(at + 4, true);
    crc =
      at32(t7, low & 255) ^
      at32(t6, (low >>> 8) & 255) ^
      at32(t5, (low >>> 16) & 255) ^
      at32(t4, low >>> 24) ^
      at32(t3, high & 255) ^
      at32(t2, (high >>> 8) & 255) ^
      at32(t1, (high >>> 16) & 255) ^
      at32(t0, high >>> 24);
  }
  for (; at < bytes.length; at++) crc = at32(t0, (crc ^ view.getUint8(at)) & 255) ^ (crc >>> 8);
  return ~crc >>> 0;
}

function at32(table: Uint32Array, index: number): number {
  return table[index] as number;
}

type Tables = [Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array, Uint32Array];

function makeTables(): Tables {
  const made = Array.from({ length: 8 }, () => new Uint32Array(256)) as Tables;
  for (let index = 0; index < 256; index++) {
    let crc = index;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    made[0][index] = crc;
  }
  for (let slice = 1; slice < 8; slice++) {
    for (let index = 0; index < 256; index++) {
      const previous = at32(made[slice - 1] as Uint32Array, index);
      (made[slice] as Uint32Array)[index] = at32(made[0], previous & 255) ^ (previous >>> 8);
    }
  }
  return made;
}
