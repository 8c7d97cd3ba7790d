import {
  answer,
  type Answer,
  type Operation,
  type Parameter,
  parameter,
  type PathItem,
  type Paths,
  type Schema,
} from './describe_path.ts';

const text: Schema = { type: 'string' };
const integer: Schema = { type: 'integer', minimum: 0 };
const json = ['application/json'];

const id: Parameter = {
  name: 'id',
  in: 'path',
  required: true,
  description: 'Name of the subscription, one percent-encoded segment.',
  schema: text,
};
const token: Parameter = {
  ...parameter('Authorization', 'header', '`Bearer` and the token of the wake.'),
  required: true,
};

const refused: Answer = {
  description: 'A refusal, in the form of the protocol.',
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['error'],
        properties: {
          error: { type: 'object', required: ['code', 'message'], properties: { code: text, message: text } },
        },
      },
    },
  },
};

interface Told {
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: Parameter[];
  readonly body?: Readonly<Record<string, Schema>>;
  readonly required?: string[];
  readonly answers: Readonly<Record<number, Answer>>;
}

function operation(name: string, told: Told): Operation {
  const { summary, description, parameters, body, required = [], answers } = told;
  const schema: Schema = { type: 'object', required, properties: { ...body } };
  return {
    operationId: `subscriptions.${name}`,
    tags: ['subscriptions'],
    summary,
    ...(description !== undefined && { description }),
    ...(parameters !== undefined && { parameters }),
    ...(body !== undefined && { requestBody: { required: true, content: { 'application/json': { schema } } } }),
    responses: { ...answers, default: refused },
  };
}

const at = (item: PathItem): PathItem => ({ parameters: [id], ...item });
const nothing = { 204: answer('Done.') };
const wake = { wake_id: text, generation: integer };
const acks: Schema = {
  type: 'array',
  description: 'Up to where each stream is done with.',
  items: { type: 'object', required: ['stream', 'offset'], properties: { stream: text, offset: text } },
};
const acked = { 200: answer('Taken: `ok`, and `next_wake`, whether more waits.', { types: json }) };
const base = '/v1/stream/__ds';

const put = operation('put', {
  summary: 'Makes a subscription, unless it exists',
  description: 'The same configuration again answers 200, another one 409.',
  required: ['type'],
  body: {
    type: { type: 'string', enum: ['webhook', 'pull-wake'] },
    pattern: { type: 'string', description: 'Which streams: `*` is one part of a name, `**` any number.' },
    streams: { type: 'array', items: text, description: 'Further streams by name.' },
    webhook: { type: 'object', required: ['url'], properties: { url: text } },
    wake_stream: { type: 'string', description: 'Where a pull-wake says that there is work.' },
    lease_ttl_ms: {
      type: 'integer',
      minimum: 1_000,
      maximum: 600_000,
      description: 'How long a wake belongs to who took it.',
    },
    description: text,
  },
  answers: { 201: answer('Made.', { types: json }), 200: answer('It exists already.', { types: json }) },
});

/** Subscriptions of the Durable Streams protocol: who is told when streams have something new. */
export const subscriptionPaths: Paths = {
  [`${base}/subscriptions/{id}`]: at({
    put,
    get: operation('get', {
      summary: 'How a subscription is',
      answers: { 200: answer('Its configuration and its streams.', { types: json }) },
    }),
    delete: operation('delete', { summary: 'Ends a subscription', answers: nothing }),
  }),
  [`${base}/subscriptions/{id}/streams`]: at({
    post: operation('link', {
      summary: 'Adds streams',
      required: ['streams'],
      body: { streams: { type: 'array', items: text } },
      answers: nothing,
    }),
  }),
  [`${base}/subscriptions/{id}/streams/{stream}`]: at({
    delete: operation('unlink', {
      summary: 'Takes a stream out',
      parameters: [
        { name: 'stream', in: 'path', required: true, schema: text, description: 'Its name; `/` may stay.' },
      ],
      answers: nothing,
    }),
  }),
  [`${base}/subscriptions/{id}/claim`]: at({
    post: operation('claim', {
      summary: 'A worker takes what there is to do (pull-wake)',
      required: ['worker'],
      body: { worker: text },
      answers: { 200: answer('The wake: its id, generation, token and streams.', { types: json }) },
    }),
  }),
  [`${base}/subscriptions/{id}/ack`]: at({
    post: operation('ack', {
      summary: 'Says what is done, and goes on or ends (pull-wake)',
      parameters: [token],
      required: ['wake_id', 'generation'],
      body: { ...wake, acks, done: { type: 'boolean' } },
      answers: acked,
    }),
  }),
  [`${base}/subscriptions/{id}/release`]: at({
    post: operation('release', {
      summary: 'Gives a wake back (pull-wake)',
      parameters: [token],
      required: ['wake_id', 'generation'],
      body: wake,
      answers: nothing,
    }),
  }),
  [`${base}/subscriptions/{id}/callback`]: at({
    post: operation('callback', {
      summary: 'Says what is done (webhook)',
      parameters: [token],
      required: ['wake_id', 'generation'],
      body: { ...wake, acks, done: { type: 'boolean' } },
      answers: acked,
    }),
  }),
  [`${base}/jwks.json`]: {
    get: operation('keys', {
      summary: 'The keys that webhooks are signed with',
      answers: { 200: answer('A JWK set (RFC 7517).', { types: ['application/jwk-set+json'] }) },
    }),
  },
};
