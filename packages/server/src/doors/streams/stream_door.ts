import type { IncomingMessage, ServerResponse } from 'node:http';
import { PacketboatError, quoted } from '@packetboat/core';
import { asPacketboatError } from '../../as_packetboat_error.ts';
import type { Broker } from '../../broker/broker.ts';
import { clientOf } from '../client_of.ts';
import type { Door } from '../door.ts';
import { pathOf } from '../http_server.ts';
import { readBody } from '../read_body.ts';
import { requestOrigin } from '../request_origin.ts';
import { append } from './append.ts';
import { create } from './create.ts';
import { describe } from './describe.ts';
import { headerOf } from './header_of.ts';
import { read } from './read.ts';
import { remove } from './remove.ts';
import { streamNameOf } from './stream_name.ts';
import type { StreamAnswer, StreamRequest, StreamVerb } from './stream_request.ts';
import { writeAnswer } from './write_answer.ts';

const verbs: ReadonlyMap<string, StreamVerb> = new Map([
  ['GET', read],
  ['HEAD', describe],
  ['PUT', create],
  ['POST', append],
  ['DELETE', remove],
]);

/**
 * The Durable Streams protocol, at the paths below `streamPrefix`: one verb for each method.
 *
 * @param publicUrl See `requestOrigin`.
 */
export function streamDoor(broker: Broker, publicUrl?: string): Door {
  return {
    methods: () => [...verbs.keys()],
    handle: async (request, response) => {
      // Streams may be fetched by pages of other origins (section 12.7); whether they may read them, CORS says.
      response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
      // A stream may hold HTML of anybody: opened in a browser it is not a page of this server, and runs no scripts (P9).
      response.setHeader('Content-Security-Policy', 'sandbox');
      const left = new AbortController();
      response.once('close', () => left.abort());
      const origin = requestOrigin(request, publicUrl);
      const answer = await answerTo({ broker, origin, signal: left.signal }, request, response);
      if (answer.error !== undefined) {
        for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
        throw answer.error;
      }
      const { timers } = broker.world;
      const { slowReaderMs } = broker.limits;
      await writeAnswer(response, answer, { timers, slowReaderMs, bodiless: request.method === 'HEAD' });
    },
  };
}

/** What is known of a request beside what it says. */
interface Around extends Pick<StreamRequest, 'origin' | 'signal'> {
  readonly broker: Broker;
}

async function answerTo(
  { broker, ...around }: Around,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<StreamAnswer> {
  const { method = '' } = request;
  const verb = verbs.get(method);
  if (verb === undefined) throw new PacketboatError('methodNotAllowed', `${quoted(method)} is not done to streams`);
  try {
    const { streamNameBytesMax } = broker.limits;
    const stream = streamNameOf(pathOf(request), streamNameBytesMax);
    const body = await readBody(request, response, broker);
    return await verb(broker, { ...streamRequestOf(request, stream, body), ...around });
  } catch (error) {
    const told = asPacketboatError(error);
    // To this protocol a deleted stream is one that does not exist (section 5.4).
    throw told.code === 'gone' ? new PacketboatError('notFound', told.message, { cause: told }) : told;
  }
}

function streamRequestOf(
  request: IncomingMessage,
  stream: string,
  body: Uint8Array,
): Omit<StreamRequest, 'origin' | 'signal'> {
  const { url = '', method = '', socket } = request;
  const path = pathOf(request);
  return {
    method,
    stream,
    path,
    client: clientOf(socket.remoteAddress ?? ''),
    query: new URLSearchParams(url.slice(path.length)),
    header: headerOf(request),
    body,
  };
}
