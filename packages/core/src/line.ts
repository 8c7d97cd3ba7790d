/**
 * The sensor line (S0.5): `name value… time_ns`, single spaces, UTF-8. Times and decimals stay the text they
 * are: `Number` would merge neighbouring nanoseconds and turn `4.0` into `4` (traps T1, T2).
 */
import { PacketboatError } from './errors.ts';
import { checkStreamName, quoted } from './names.ts';

export interface SensorLine {
  readonly name: string;
  /** The values between name and time, verbatim; at least one. */
  readonly values: readonly string[];
  readonly timeNs: bigint;
  /** The time, verbatim: what an `ACK` repeats. */
  readonly timeText: string;
}

const int64Max = 2n ** 63n - 1n;

/**
 * Parses one line without its newline.
 *
 * @throws {PacketboatError} `badLine` or `badName`, saying what is wrong.
 */
export function parseSensorLine(line: string, nameBytesMax: number): SensorLine {
  const parts = line.split(' ');
  const name = parts[0] ?? '';
  const timeText = parts.at(-1) ?? '';
  const values = parts.slice(1, -1);
  if (parts.length < 3) throw bad(line, 'it has fewer than three fields');
  if (parts.includes('')) throw bad(line, 'it has an empty field');
  if (!/^\d{1,19}$/.test(timeText)) throw bad(line, `${quoted(timeText)} is no time in nanoseconds`);
  const timeNs = BigInt(timeText);
  if (timeNs > int64Max) throw bad(line, `time ${timeText} is over 2^63 − 1`);
  checkStreamName(name, nameBytesMax);
  return { name, values, timeNs, timeText };
}

function bad(line: string, why: string): PacketboatError {
  return new PacketboatError('badLine', `Bad line ${quoted(line)}: ${why}`);
}
