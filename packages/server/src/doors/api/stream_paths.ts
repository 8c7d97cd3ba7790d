import {
  answer,
  type Operation,
  type Parameter,
  parameter,
  type Paths,
  problems,
  type Schema,
} from './describe_path.ts';

const anyType = ['*/*'];
const digits: Schema = { type: 'string', pattern: '^(?:0|[1-9]\\d*)$' };
const isTrue: Schema = { type: 'string', enum: ['true'] };

const tail = {
  'Stream-Next-Offset': 'Where the stream ends now: an opaque token that sorts like the offsets of the stream.',
  'Stream-Closed': '`true` when it takes no more records.',
};
const appended = {
  ...tail,
  'Producer-Epoch': 'Of the producer, if one appended.',
  'Producer-Seq': 'The highest sequence stored of that producer.',
  'Stream-Receipt':
    'Proof that it is stored (RFC 9651 dictionary): store, incarnation, offset, checksum, durability, mac. ' +
    '`streams.witness` checks it.',
};
const closes = parameter('Stream-Closed', 'header', '`true` makes the stream final.', isTrue);

const path: Parameter = {
  name: 'path',
  in: 'path',
  required: true,
  description:
    'Name of the stream: parts joined by `/`, which stays as it is; other characters are percent-encoded UTF-8. ' +
    'Names that begin with `__ds` are reserved.',
  schema: { type: 'string' },
  examples: { sensor: { value: 'sensors/paul' } },
};

const create: Operation = {
  operationId: 'records.create',
  tags: ['records'],
  summary: 'Creates a stream or a fork, with its first records if there is a body',
  description: 'A stream that exists with the same configuration answers 200, one with another answers 409.',
  'x-packetboat-grant': 'write',
  parameters: [
    parameter('Stream-TTL', 'header', 'Seconds after which it expires when nobody reads or writes it.', digits),
    parameter('Stream-Expires-At', 'header', 'When it expires (RFC 3339); not together with `Stream-TTL`.'),
    closes,
    parameter('Stream-Forked-From', 'header', 'Makes a fork: path of the source, `/v1/stream/…`.'),
    parameter('Stream-Fork-Offset', 'header', 'Where the fork leaves its source. Default: at its end.'),
    parameter('Stream-Fork-Sub-Offset', 'header', 'So many JSON elements, or else bytes, more.', digits),
  ],
  requestBody: {
    description:
      'The first records. Its `Content-Type`, also without a body, is what the stream holds. Default: ' +
      '`application/octet-stream`, or that of a fork’s source.',
    content: { '*/*': {} },
  },
  responses: {
    201: answer('Created.', { headers: { ...tail, Location: 'URL of the stream.' } }),
    200: answer('It exists already.', { headers: tail }),
    default: problems('badName', 'exists', 'contentTypeMismatch', 'forkSourceNotFound', 'forkOffsetInvalid'),
  },
};

const append: Operation = {
  operationId: 'records.append',
  tags: ['records'],
  summary: 'Appends records, closes the stream, or both',
  description:
    'The body is one record, or several when it is larger than a record may be. A stream of `application/json` takes ' +
    'an array as one record for each element, any other value as one record. A producer sends its three fields together and repeats a request whose answer was lost: it ' +
    'is stored once.',
  'x-packetboat-grant': 'write',
  parameters: [
    closes,
    parameter('Stream-Seq', 'header', 'Must be greater than that of the append before, compared as text.'),
    parameter('Producer-Id', 'header', 'Who appends.'),
    parameter('Producer-Epoch', 'header', 'Which life of the producer; a newer one fences the older ones.', digits),
    parameter('Producer-Seq', 'header', 'From 0 in each epoch, one more for each request.', digits),
    parameter('Stream-Expected-Offset', 'header', 'Appends only if the stream ends at this offset (`offsetConflict`).'),
    parameter(
      'Idempotency-Key',
      'header',
      'For clients without sequences: stored once for a key, for 24 hours; 422 with another body.',
    ),
  ],
  requestBody: {
    description: 'The records, of the type that the stream holds; empty only to close.',
    content: { '*/*': {} },
  },
  responses: {
    200: answer('Stored, for a producer.', { headers: appended }),
    204: answer('Stored; or it was stored before; or closed.', { headers: appended }),
    default: problems('notFound', 'closed', 'staleEpoch', 'sequenceGap', 'contentTypeMismatch', 'tooLarge', 'diskFull'),
  },
};

const read: Operation = {
  operationId: 'records.read',
  tags: ['records'],
  summary: 'Reads records, now or as they come',
  description:
    'Answers with what is stored from `offset` on, in pages: ask again with `Stream-Next-Offset`. With `live` it waits ' +
    'for what is not there yet. Records of an `application/json` stream come as one array, those of any other as they ' +
    'are, one after the other.',
  'x-packetboat-grant': 'read',
  parameters: [
    parameter('offset', 'query', 'A token the server gave, `-1` for the beginning, `now` for the end. Default: `-1`.'),
    parameter('live', 'query', '`long-poll` waits for one answer, `sse` sends events until the peer leaves.', {
      type: 'string',
      enum: ['long-poll', 'sse'],
    }),
    parameter('cursor', 'query', 'The `Stream-Cursor` of the answer before.'),
    parameter('from-time', 'query', 'Only records from this time on: RFC 3339, or nanoseconds since 1970. Not live.'),
    parameter('to-time', 'query', 'Only records before this time.'),
    parameter('If-None-Match', 'header', 'The `ETag` of the answer before: 304 when nothing is new.'),
  ],
  responses: {
    200: answer('Records.', {
      types: [...anyType, 'text/event-stream'],
      headers: {
        'Stream-Next-Offset': 'Where to read on.',
        'Stream-Up-To-Date': '`true` when that is the end so far.',
        'Stream-Closed': '`true` when that is the end for good.',
        'Stream-Cursor': 'Send it as `cursor` with the next live read.',
        'Stream-Checksum': 'Running CRC-32 of the stream up to there, 8 hexadecimal digits.',
        'Stream-Gap': 'What retention dropped, or what was lost before it came here.',
        'Stream-SSE-Data-Encoding': '`base64` when the data of events is.',
        ETag: 'For `If-None-Match`.',
      },
    }),
    204: answer('A long poll saw nothing new in time.'),
    304: answer('Nothing is new.'),
    default: problems('notFound', 'softDeleted', 'badRequest'),
  },
};

const describe: Operation = {
  operationId: 'records.describe',
  tags: ['records'],
  summary: 'What is known of a stream, as header fields',
  'x-packetboat-grant': 'read',
  responses: {
    200: answer('It exists; `Content-Type` is what it holds.', {
      headers: {
        ...tail,
        'Stream-TTL': 'Seconds.',
        'Stream-Expires-At': 'RFC 3339.',
        'Stream-Checksum': 'Running CRC-32 of all its records, 8 hexadecimal digits.',
      },
    }),
    default: { description: 'An error: its code cannot be told, for HEAD has no body.' },
  },
};

const remove: Operation = {
  operationId: 'records.remove',
  tags: ['records'],
  summary: 'Deletes a stream',
  description: 'While forks read it, its records are kept for them and its name answers 410.',
  'x-packetboat-grant': 'admin',
  responses: { 204: answer('Deleted.'), default: problems('notFound', 'softDeleted') },
};

/** The Durable Streams protocol, as far as it is about streams. */
export const streamPaths: Paths = {
  '/v1/stream/{path}': { parameters: [path], get: read, head: describe, put: create, post: append, delete: remove },
};
