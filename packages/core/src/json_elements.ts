import { PacketboatError } from './errors.ts';
import { JsonScanner } from './json_scanner.ts';
import type { Limits } from './limits.ts';

const comma = 0x2c;
const openBracket = 0x5b;
const closeBracket = 0x5d;

/**
 * The records that one JSON text holds: the elements of an array (one level), or the one value that it is (Durable
 * Streams protocol, section 9.1.2). Each is a view of its own bytes, without white space around it: nothing is parsed
 * into values or written anew, so `1.0`, `"\u00e9"` and repeated names stay what they were.
 *
 * @throws {PacketboatError} `badJson`, saying at which byte; `tooLarge` for more than `batchRecordsMax` elements.
 */
export function jsonElements(
  bytes: Uint8Array,
  { jsonDepthMax, batchRecordsMax }: Pick<Limits, 'jsonDepthMax' | 'batchRecordsMax'>,
): Uint8Array[] {
  const scanner = new JsonScanner(bytes, jsonDepthMax);
  const elements: Uint8Array[] = [];
  let at = scanner.space(0);
  if (bytes[at] !== openBracket) {
    const end = scanner.value(at);
    elements.push(bytes.subarray(at, end));
    at = end;
  } else {
    at = scanner.space(at + 1);
    if (bytes[at] === closeBracket) {
      at += 1;
    } else {
      for (let next = comma; next === comma; ) {
        if (elements.length === batchRecordsMax) {
          throw new PacketboatError('tooLarge', `More than ${batchRecordsMax} elements (batchRecordsMax)`);
        }
        const start = scanner.space(at);
        const end = scanner.value(start);
        elements.push(bytes.subarray(start, end));
        at = scanner.space(end);
        next = bytes[at++] ?? -1;
        if (next !== comma && next !== closeBracket) throw scanner.bad(at - 1);
      }
    }
  }
  at = scanner.space(at);
  if (at < bytes.length) throw scanner.bad(at);
  return elements;
}
