/** Small rows are JSON: readable with any SQLite tool, and safe because every row has a CRC. */
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** `value` as a row's bytes. Absent fields are left out. */
export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** The value of a row written by {@linkcode encodeJson}. */
export function decodeJson(bytes: Uint8Array): unknown {
  return JSON.parse(decoder.decode(bytes));
}
