/** Names: streams are paths (`sensors/paul`), producers and cursors are single words or paths. */
import { PacketboatError } from './errors.ts';

const encoder = new TextEncoder();

/**
 * Returns `name` when it is a valid stream name: parts joined by `/`, none of them empty, `.` or `..`,
 * no control characters, no lone surrogates, at most `bytesMax` bytes of UTF-8. `__proto__` is an ordinary name.
 *
 * @throws {PacketboatError} `badName`, quoting what is wrong.
 */
export function checkStreamName(name: string, bytesMax: number): string {
  const why = badNameReason(name, bytesMax);
  if (why !== undefined) throw new PacketboatError('badName', `Bad name ${quoted(name)}: ${why}`);
  return name;
}

function badNameReason(name: string, bytesMax: number): string | undefined {
  if (name.length === 0) return 'it is empty';
  if (name.length > bytesMax || encoder.encode(name).length > bytesMax) return `it is longer than ${bytesMax} bytes`;
  if (!name.isWellFormed()) return 'it holds a lone surrogate';
  if (/\p{Cc}/u.test(name)) return 'it holds a control character';
  for (const part of name.split('/')) {
    if (part === '') return 'a part of it is empty';
    if (part === '.' || part === '..') return `${part} cannot be a part of it`;
  }
  return undefined;
}

/** Compares by code points, which is the order of their UTF-8 bytes: how names and keys are listed. */
export function compareNames(left: string, right: string): number {
  for (let at = 0; ; at++) {
    const leftPoint = left.codePointAt(at) ?? -1;
    const rightPoint = right.codePointAt(at) ?? -1;
    if (leftPoint !== rightPoint) return leftPoint - rightPoint;
    if (leftPoint === -1) return 0;
  }
}

/** `text` as it may stand in a message: cut to 80 characters, control characters escaped. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

/** `bytes` as lower-case hex: how identities are written. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
