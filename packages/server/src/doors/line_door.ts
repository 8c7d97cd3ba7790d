import { createHash } from 'node:crypto';
import { openBatch, PacketboatError, parseSensorLine, sealBatch } from '@packetboat/core';
import { asPacketboatError } from '../as_packetboat_error.ts';
import type { Broker } from '../broker/broker.ts';
import type { Handler } from './door.ts';
import { readBody } from './read_body.ts';

const streamPrefix = 'sensors/';
const contentType = 'text/plain';
/**
 * Digits of a time in nanoseconds since September 2001. A line that was torn anywhere ends in fewer: without this, a
 * torn time would be taken for a small one and acknowledged (C0.4).
 */
const timeDigits = 19;
const newline = 0x0a;

/**
 * The simplest device's door (S0.12, S0.18 to S0.24): `POST /` with lines `name value… time_ns`. Each line is its own
 * decision, answered `ACK <time_ns>` or `NAK <line number> <code>`; 200 only if all are ACK, else 422.
 * A line that was stored before is acknowledged and not stored again.
 */
export function lineDoor(broker: Broker): Handler {
  const { linesPerRequestMax } = broker.limits;
  return async (request, response) => {
    broker.checkReady();
    const body = await readBody(request, response, broker);
    const lines = splitLines(body, linesPerRequestMax);
    if (lines.length === 0) throw new PacketboatError('badLine', 'The body holds no line');
    broker.counters.linesReceived += lines.length;
    const answers = await Promise.all(lines.map((line, index) => decide(broker, line, index + 1)));
    const status = answers.every((answer) => answer.startsWith('ACK ')) ? 200 : 422;
    response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
    response.end(answers.join('\n'));
  };
}

/** Lines without their newlines; the last may have none (S0.12). */
function splitLines(body: Buffer, linesMax: number): Buffer[] {
  const lines: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const found = body.indexOf(newline, at);
    const end = found === -1 ? body.length : found;
    if (lines.length >= linesMax) {
      throw new PacketboatError('tooLarge', `More than ${linesMax} lines (linesPerRequestMax)`);
    }
    lines.push(body.subarray(at, end));
    at = end + 1;
  }
  return lines;
}

async function decide(broker: Broker, line: Buffer, number: number): Promise<string> {
  try {
    return `ACK ${await append(broker, line)}`;
  } catch (error) {
    const { code } = asPacketboatError(error);
    broker.counters.refused(code);
    if (code === 'internal') broker.log.error({ error }, 'a defect was met');
    return `NAK ${number} ${code}`;
  }
}

/** Appends one line, with its newline, to its sensor's stream. @returns its time, verbatim. */
async function append(broker: Broker, line: Buffer): Promise<string> {
  const { world, limits } = broker;
  const { name, timeNs, timeText } = parseSensorLine(decode(line), limits.streamNameBytesMax - streamPrefix.length);
  if (timeText.length !== timeDigits) {
    throw new PacketboatError('badLine', `Time ${timeText} has not ${timeDigits} digits: the line is torn`);
  }
  const record = { timeNs, bytes: Buffer.concat([line, Buffer.of(newline)]) };
  const batch = openBatch(sealBatch({ records: [record] }, world.crc32), 0, world.crc32, limits);
  const key = `line/${createHash('sha256').update(line).digest('hex')}`;
  const stream = `${streamPrefix}${name}`;
  const outcome = await broker.append({ stream, batch, key, contentType, create: { contentType } });
  if (outcome.kind === 'refused') throw new PacketboatError(outcome.code, outcome.message);
  return timeText;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(line: Buffer): string {
  try {
    return decoder.decode(line);
  } catch {
    throw new PacketboatError('notUtf8', 'The line is not UTF-8');
  }
}
