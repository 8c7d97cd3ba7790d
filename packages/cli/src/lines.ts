import { PacketboatError } from '@packetboat/core';

const lineFeed = 10;
const carriageReturn = 13;

/**
 * The lines of `input` as bytes, without their LF or CRLF; a last line needs no end (trap T7).
 *
 * @throws {PacketboatError} `tooLarge` for a line of more than `lineBytesMax` bytes; earlier lines were yielded.
 */
export async function* readLines(input: AsyncIterable<Uint8Array>, lineBytesMax: number): AsyncGenerator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 1;
  const add = (part: Uint8Array): void => {
    parts.push(part);
    length += part.length;
    // One more byte may be the CR of a CRLF.
    if (length > lineBytesMax + 1) throw tooLarge(number, lineBytesMax);
  };
  const take = (): Uint8Array => {
    const line = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    parts = [];
    length = 0;
    const ended = line.at(-1) === carriageReturn ? line.subarray(0, -1) : line;
    if (ended.length > lineBytesMax) throw tooLarge(number, lineBytesMax);
    number += 1;
    return ended;
  };
  for await (const chunk of input) {
    let from = 0;
    for (let to = chunk.indexOf(lineFeed); to !== -1; to = chunk.indexOf(lineFeed, from)) {
      add(chunk.subarray(from, to));
      yield take();
      from = to + 1;
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (length > 0) yield take();
}

function tooLarge(number: number, lineBytesMax: number): PacketboatError {
  return new PacketboatError('tooLarge', `Line ${number} is longer than ${lineBytesMax} bytes`);
}
