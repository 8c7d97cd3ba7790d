import { z } from 'zod';

/** Text without lone surrogates: what UTF-8 can hold. */
const text = z.string().refine((value) => value.isWellFormed(), 'is not well-formed Unicode');
const integer = z.int().min(0);
const uint32 = integer.max(0xffff_ffff);

const streamName = text.min(1).meta({
  description: 'Name of a stream: parts joined by `/`, at most 512 bytes of UTF-8.',
  examples: ['sensors/paul'],
});
const cursorName = text.min(1).meta({ description: 'Name of a cursor.', examples: ['printer'] });
const incarnation = text.meta({ description: 'Changes when the name of the stream is created again.' });
const offset = integer.meta({ description: 'Number of records before it.', examples: [42] });
const checksum = uint32.meta({ description: 'Running checksum: CRC-32 over the payload bytes of all records so far.' });

const limit = integer.min(1).default(100).meta({ description: 'At most so many; a page may hold fewer.' });

/** Schemas that several methods use. */
export const fields = { text, integer, streamName, cursorName, incarnation, offset, checksum, limit } as const;
