import { defaultLimits, errorTable } from '@packetboat/core';
import { serverVersion } from '../../server_version.ts';
import type { apiApp } from './api_app.ts';
import type { OpenApiDocument, Schema } from './describe_path.ts';
import { serverPaths } from './server_paths.ts';
import { streamPaths } from './stream_paths.ts';
import { subscriptionPaths } from './subscription_paths.ts';

const about = `Everything that this server does over HTTP.

Streams are append-only logs. Their records go through \`/v1/stream/\` (the Durable Streams protocol); everything else is
JSON. Programs that read and write much, or over links that break, use the session protocol at \`/v1/session\`.

There are no accounts yet: who reaches the server may do everything. \`x-packetboat-grant\` says what an operation will
ask for when there are.

Errors are problem documents (RFC 9457) with a \`code\` from the table below. Every answer has an \`X-Request-Id\`, the one
of the request if it had one. Requests to the JSON API and appends are counted for each client address: \`RateLimit\`
says how many are left, 429 and \`Retry-After\` when to come back.`;

const tags = [
  { name: 'records', description: 'Reading and writing the records of a stream: the Durable Streams protocol.' },
  { name: 'streams', description: 'Streams as such.' },
  { name: 'cursors', description: 'Durable positions of named readers.' },
  { name: 'store', description: 'Where everything is kept.' },
  {
    name: 'subscriptions',
    description: 'Who is told when streams have something new: the Durable Streams protocol.',
  },
  { name: 'devices', description: 'The simplest way in, for devices with curl.' },
  { name: 'server', description: 'Health, numbers and documents.' },
];

/** Describes all that is served over HTTP: the routes of the JSON API, and by hand what is beside them. */
export function openApiDocument(app: ReturnType<typeof apiApp>): OpenApiDocument {
  const { openAPIRegistry: registry } = app;
  registry.registerComponent('schemas', 'Problem', problemSchema());
  registry.registerComponent('responses', 'Problem', {
    description: 'An error, with the status of its code.',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  });
  registry.registerComponent('parameters', 'IdempotencyKey', {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'Makes the request effective once: the same request with the same key is answered with the first answer for ' +
      '24 hours, another request with it is refused (`keyReused`).',
    schema: { type: 'string', minLength: 1, maxLength: defaultLimits.keyCharactersMax },
    examples: { uuid: { value: '"8e03978e-40d5-43dd-bc93-6894a57f9324"' } },
  });
  const document = app.getOpenAPI31Document({
    openapi: '3.1.1',
    info: {
      title: 'Packetboat',
      version: serverVersion.replace(/^.*\//, ''),
      description: about,
      license: { name: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags,
  });
  return { ...document, paths: { ...streamPaths, ...document.paths, ...subscriptionPaths, ...serverPaths } };
}

const text = (description: string): Schema => ({ type: 'string', description });

/** RFC 9457, with the codes of the errors table. */
function problemSchema(): Schema {
  const codes = Object.entries(errorTable).map(([code, { status, hint }]) => ({
    const: code,
    description: `${status}. ${hint}`,
  }));
  return {
    type: 'object',
    description: 'What went wrong.',
    required: ['type', 'title', 'status', 'detail', 'code', 'hint'],
    properties: {
      type: text('`urn:packetboat:error:` and the code.'),
      title: text('The code.'),
      status: { type: 'integer', description: 'The HTTP status.' },
      detail: text('What happened, for people.'),
      code: { type: 'string', description: 'Stable: programs decide by it.', oneOf: codes },
      hint: text('What can be done about it.'),
      retryAfterMs: { type: 'number', description: 'When coming back may help.' },
      instance: text('`urn:packetboat:request:` and the request id.'),
      errors: {
        type: 'array',
        description: 'What is wrong with which parameter.',
        items: {
          type: 'object',
          required: ['pointer', 'detail'],
          properties: { pointer: text('JSON Pointer as a fragment: `#/fork/offset`.'), detail: text('What is wrong.') },
        },
      },
    },
  };
}
