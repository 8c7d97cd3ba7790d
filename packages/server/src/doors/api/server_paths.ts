import { answer, type Operation, parameter, type PathItem, type Paths, problems } from './describe_path.ts';

const text = ['text/plain'];

const line: Operation = {
  operationId: 'devices.line',
  tags: ['devices'],
  summary: 'Appends lines of sensor values',
  description:
    'Each line is `name value… time`, the time in nanoseconds since 1970. It is stored, with its newline, in the stream ' +
    '`sensors/name`, and once: a line that was stored before is acknowledged again.',
  'x-packetboat-grant': 'write',
  requestBody: {
    required: true,
    content: { 'text/plain': { schema: { type: 'string' }, example: 'paul 2.0 64.1 1767225600000000000\n' } },
  },
  responses: {
    200: answer('All are stored: `ACK time` for each line.', { types: text }),
    422: answer('Not all are stored: `ACK time` or `NAK line-number code` for each line.', { types: text }),
    default: problems('badLine', 'tooLarge', 'diskFull'),
  },
};

const session: Operation = {
  operationId: 'server.session',
  tags: ['records'],
  summary: 'The session protocol, over a WebSocket',
  description:
    'Subprotocol `packetboat.v1`. It does all that stands here, over links that break, and is described apart.',
  parameters: [
    { ...parameter('Sec-WebSocket-Protocol', 'header', 'Must offer it.', { const: 'packetboat.v1' }), required: true },
  ],
  responses: { 101: answer('The WebSocket is open.'), default: problems('unknownVersion', 'wrongOrigin') },
};

const get = (operationId: string, summary: string, responses: NonNullable<Operation['responses']>): PathItem => ({
  get: { operationId: `server.${operationId}`, tags: ['server'], summary, responses },
});

/** What is served beside the methods and the streams. */
export const serverPaths: Paths = {
  '/': { post: line },
  '/v1/session': { get: session },
  '/healthz': get('alive', 'Whether the process answers', { 200: answer('It does.', { types: text }) }),
  '/readyz': get('ready', 'Whether records are taken', {
    200: answer('They are.', { types: text }),
    default: problems('stopping', 'busy'),
  }),
  '/metrics': get('metrics', 'Numbers for Prometheus', { 200: answer('The numbers.', { types: text }) }),
  '/openapi.json': get('openapi', 'This document', { 200: answer('The document.', { types: ['application/json'] }) }),
  '/docs/api': get('reference', 'This document, to read', { 200: answer('A page.', { types: ['text/html'] }) }),
};
