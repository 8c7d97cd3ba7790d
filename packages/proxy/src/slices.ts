/** `bytes` in slices as long as `nextLength` says, which is at least 1. */
export function slices(bytes: Uint8Array, nextLength: () => number): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const to = at + nextLength();
    parts.push(bytes.subarray(at, to));
    at = to;
  }
  return parts;
}
