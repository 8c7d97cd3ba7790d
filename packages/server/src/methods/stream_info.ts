import type { StreamInfo } from '@packetboat/core';
import { z } from 'zod';
import { fields } from './fields.ts';

const { text, integer, offset, checksum } = fields;

/** `StreamInfo` as JSON. */
export const streamInfo = z
  .object({
    stream: fields.streamName,
    incarnation: fields.incarnation,
    lineage: text.meta({ description: 'Shared by a fork and its source: their offsets fit together.' }),
    contentType: text.meta({ examples: ['application/json'] }),
    createdNs: text.regex(/^\d+$/).meta({
      description: 'Nanoseconds since 1970, as a decimal string because they exceed 2^53.',
      examples: ['1767225600000000000'],
    }),
    retention: z
      .object({
        ageMsMax: integer.optional().meta({ description: 'Records older than this may be dropped.' }),
        bytesMax: integer.optional().meta({ description: 'The oldest records beyond this may be dropped.' }),
      })
      .meta({ description: 'What is absent does not limit.' }),
    lifetime: z
      .object({
        ttlMs: integer.optional().meta({ description: 'Expires when nobody read or wrote it for so long.' }),
        expiresAtMs: integer.optional().meta({ description: 'Expires then: milliseconds since 1970.' }),
      })
      .meta({ description: 'Empty: for ever.' }),
    fork: z
      .object({ stream: fields.streamName, offset, subOffset: integer })
      .optional()
      .meta({ description: 'Of which stream it is a fork, and where it left.' }),
    closed: z.boolean().meta({ description: 'It takes no more records.' }),
    first: offset.meta({ description: 'Offset of the first record that is kept.' }),
    firstChecksum: checksum.meta({ description: 'Running checksum before that record.' }),
    tail: offset.meta({ description: 'Offset the next record gets: how many were ever stored.' }),
    checksum: checksum.meta({ description: 'Running checksum at the tail.' }),
    bytes: integer.meta({ description: 'Bytes of the batches that are kept.' }),
    loss: z
      .object({ tail: offset, checksum })
      .optional()
      .meta({ description: 'Where the stream once ended, if its newest records vanished: it refuses records now.' }),
  })
  .meta({ id: 'StreamInfo', description: 'What is known of a stream.' });

/** A stream's info as it is sent: times are decimal strings. */
export function streamInfoJson(info: StreamInfo): z.output<typeof streamInfo> {
  return { ...info, createdNs: info.createdNs.toString() };
}
