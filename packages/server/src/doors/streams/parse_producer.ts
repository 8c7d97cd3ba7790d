import { PacketboatError, type ProducerPosition, quoted } from '@packetboat/core';
import { checkNotReserved } from '../../broker/reserved_names.ts';
import { parseInteger } from './parse_integer.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The three header fields of an idempotent producer, as Node gives them: one character per byte. */
export interface ProducerFields {
  readonly id: string | undefined;
  readonly epoch: string | undefined;
  readonly sequence: string | undefined;
}

/**
 * Which batch of which producer a request carries: all three fields or none (Durable Streams protocol, section 5.2.1).
 * The id is UTF-8, as everywhere: the same producer may go on over a session.
 *
 * @throws {PacketboatError} `badRequest`, naming the field.
 */
export function parseProducer(
  { id, epoch, sequence }: ProducerFields,
  idBytesMax: number,
): ProducerPosition | undefined {
  if (id === undefined && epoch === undefined && sequence === undefined) return undefined;
  if (id === undefined || epoch === undefined || sequence === undefined) {
    throw new PacketboatError('badRequest', 'Producer-Id, Producer-Epoch and Producer-Seq come together');
  }
  if (id.length === 0 || id.length > idBytesMax) {
    throw new PacketboatError('badRequest', `Producer-Id ${quoted(id)} is not 1 to ${idBytesMax} bytes long`);
  }
  const name = decoded(id);
  checkNotReserved(name);
  return {
    id: name,
    epoch: integer('Producer-Epoch', epoch),
    sequence: integer('Producer-Seq', sequence),
  };
}

function decoded(id: string): string {
  try {
    return decoder.decode(Uint8Array.from(id, (character) => character.charCodeAt(0)));
  } catch {
    throw new PacketboatError('badRequest', `Producer-Id ${quoted(id)} is not UTF-8`);
  }
}

function integer(field: string, text: string): number {
  const value = parseInteger(text);
  if (value !== undefined) return value;
  throw new PacketboatError('badRequest', `${field} ${quoted(text)} is no integer in 0 … 2^53 − 1`);
}
