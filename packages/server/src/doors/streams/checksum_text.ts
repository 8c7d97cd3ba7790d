/** A running checksum as header fields and control events say it: 8 hexadecimal digits. */
export function checksumText(checksum: number): string {
  return checksum.toString(16).padStart(8, '0');
}
